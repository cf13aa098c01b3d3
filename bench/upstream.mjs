// The application behind every proxy that is measured. It prints its port. Small answers cost it next to nothing, so that a proxy
// and not the upstream is the bottleneck.
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { WebSocketServer } from 'ws';

const bodies = new Map([
  ['/small', Buffer.from('Two tracks beside each other, and no train ever waits.\n')],
  ['/64k', Buffer.alloc(64 * 1024, 'x')],
]);

const modules = 1000;
const block = Buffer.alloc(256 * 1024, 'x');

const page = `<!doctype html><title>modules</title><script type="module">
${Array.from({ length: modules }, (_, n) => `import '/module/${n}.js';`).join('\n')}
document.title = String(globalThis.loaded);
</script>`;

const http = createHttpServer((request, response) => {
  const body = bodies.get(request.url);
  const [, bytes] = /^\/bytes\/(\d+)$/.exec(request.url) ?? [];
  if (body !== undefined) response.setHeader('Content-Length', body.length).end(body);
  else if (bytes !== undefined) send(response, Number(bytes));
  else if (request.url === '/upload') receive(request, response);
  else if (request.url === '/page') response.setHeader('Content-Type', 'text/html').end(page);
  else if (request.url.startsWith('/module/')) {
    response.setHeader('Content-Type', 'text/javascript').end('globalThis.loaded = (globalThis.loaded ?? 0) + 1;');
  } else response.writeHead(404).end();
});

const send = (response, bytes) => {
  response.setHeader('Content-Length', bytes);
  let left = bytes;
  const more = () => {
    while (left > 0) {
      const next = left >= block.length ? block : block.subarray(0, left);
      left -= next.length;
      if (!response.write(next)) return;
    }
    response.end();
  };
  response.on('drain', more);
  more();
};

const receive = (request, response) => {
  let bytes = 0;
  request.on('data', (chunk) => {
    bytes += chunk.length;
  });
  request.on('end', () => response.end(String(bytes)));
};

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
http.on('upgrade', (request, socket, head) =>
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }));
    client.on('error', () => {});
  }),
);
http.keepAliveTimeout = 600_000;

const ready = new Map(
  [...bodies].map(([path, body]) => [
    `GET ${path} `,
    Buffer.concat([
      Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`),
      body,
    ]),
  ]),
);
const headEnd = '\r\n\r\n';

/** Answers whole small requests with what is ready; anything else, and all that follows it, is for the HTTP server. */
const onConnection = (socket) => {
  socket.setNoDelay(true);
  const onData = (chunk) => {
    const text = chunk.latin1Slice(0, chunk.length);
    if (text.indexOf(headEnd) === text.length - headEnd.length) {
      for (const [start, answer] of ready) if (text.startsWith(start)) return socket.write(answer);
    }
    socket.off('data', onData);
    socket.pause();
    http.emit('connection', socket);
    socket.unshift(chunk);
    socket.resume();
  };
  socket.on('data', onData);
  socket.on('error', () => socket.destroy());
};

const server = createServer({ backlog: 4096 }, onConnection).listen(Number(process.argv[2] ?? 0), '127.0.0.1', () =>
  console.log(server.address().port),
);
