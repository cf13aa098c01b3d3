// An API as the page of a copy uses it, with a sign-in: it remembers the browser by a cookie as most frameworks set it.
import { createServer } from 'node:http';

const { API_PORT, STACK_NAME } = process.env;

const answers = {
  '/notes': () => [],
  '/sign-in': () => ({ signedIn: STACK_NAME }),
  '/who': ({ headers }) => ({ asked: STACK_NAME, cookie: headers.cookie ?? '' }),
};

createServer((request, response) => {
  const { origin } = request.headers;
  if (origin !== undefined) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-allow-credentials', 'true');
  }
  if (request.url === '/sign-in')
    response.setHeader('set-cookie', `session=${STACK_NAME}; Path=/; HttpOnly; Secure; SameSite=Lax`);
  const answer = answers[request.url];
  response.statusCode = answer === undefined ? 404 : 200;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answer?.(request) ?? {}));
}).listen(Number(API_PORT), 'localhost');
