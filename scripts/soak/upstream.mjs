// The service of one copy in a soak: `node upstream.mjs NAME PORT LEDGER HABIT [ADDRESS]`. All that it answers names the copy and the number of the
// request, and each request is told to the ledger, a unix socket, before it is answered. HABIT `closes` ends connections soon after an answer.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { piece } from './content.mjs';

const [name, port, ledgerPath, habit, address = '127.0.0.1'] = process.argv.slice(2);
const ledger = connect(ledgerPath).on('error', () => process.exit(1));

const tell = ({ headers, method }) => ledger.write(`${headers['x-nonce']} ${method} ${name}\n`);

const receive = async (request, answer) => {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of request) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  answer.end(JSON.stringify({ bytes, sum: hash.digest('hex') }));
};

const give = async (query, answer) => {
  const body = piece(Number(query.get('from')), Number(query.get('size')));
  if (query.get('framing') === 'length') return answer.setHeader('content-length', body.length).end(body);
  const step = 16 * 1024;
  for (let at = 0; at < body.length && !answer.destroyed; at += step) {
    if (!answer.write(body.subarray(at, at + step))) await sleep(1);
  }
  return answer.end();
};

const tick = async (query, answer) => {
  answer.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let number = 0; number < Number(query.get('count')) && !answer.destroyed; number += 1) {
    answer.write(`id: ${number}\ndata: ${name}\n\n`);
    await sleep(20);
  }
  answer.end();
};

const server = createServer(async (request, answer) => {
  tell(request);
  const { socket } = request;
  socket.isBusy = true;
  answer.on('finish', () => {
    socket.isBusy = false;
    // The moment at which the proxy may be about to send another one.
    if (habit === 'closes') setTimeout(() => socket.isBusy || socket.end(() => socket.destroy()), Math.random() * 5);
  });
  answer.setHeader('x-copy', name).setHeader('x-nonce', String(request.headers['x-nonce']));
  const { pathname, searchParams } = new URL(request.url, 'http://upstream');
  try {
    if (pathname === '/upload') await receive(request, answer);
    else if (pathname === '/bytes') await give(searchParams, answer);
    else if (pathname === '/events') await tick(searchParams, answer);
    else answer.end(JSON.stringify({ host: request.headers.host }));
  } catch {
    // The other side is gone in the middle.
    answer.destroy();
  }
});

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
sockets.on('headers', (headers, request) => headers.push(`x-copy: ${name}`, `x-nonce: ${request.headers['x-nonce']}`));
server.on('upgrade', (request, socket, head) => {
  tell(request);
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.on('message', (data, isBinary) => client.send(data, { binary: isBinary })).on('error', () => {});
  });
});

server.keepAliveTimeout = 3000;
server.listen(Number(port), address, () => ledger.write(`up ${process.pid} ${name}\n`));

process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
