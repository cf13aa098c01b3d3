// What clients do in a soak, one function for each kind of exchange. Each gives what became of it, in the words of judge.mjs. `proxy` has
// the ports and the root certificate, `hostname` leads to the copy, `nonce` is the number of the exchange.
import { Agent as ClearAgent, request as requestClear } from 'node:http';
import { connect, constants } from 'node:http2';
import { Agent, request as requestSecure } from 'node:https';
import WebSocket from 'ws';
import { piece, sumOf } from './content.mjs';

const wrong = (detail) => ({ fate: 'wrong', detail });
const cut = ({ message }) => ({ fate: 'cut', detail: message });
const whole = { fate: 'whole' };
const left = { fate: 'left' };

/** A session of HTTP/2 that counts what it is used for. */
const openSession = ({ https, ca }) => {
  const http2 = connect(`https://127.0.0.1:${https}`, { ca, servername: 'localhost' });
  // Node refuses by itself what was asked for at the moment of a close, and has not left yet.
  const close = () => setTimeout(() => http2.close(), 1000);
  const session = { streams: 0, isOver: false, close, destroy: () => http2.destroy() };
  session.ready = new Promise((resolve, reject) => {
    http2.on('error', reject).once('remoteSettings', () => resolve(http2));
  });
  session.ready.catch(() => {});
  const end = () => {
    session.isOver = true;
  };
  http2.on('goaway', end).on('close', end).on('error', end);
  return session;
};

const sessionCount = 3;
const streamsPerSession = 200;

/** Kept connections, shared by all copies, as those of a browser or another proxy would be. */
export const openPool = (proxy) => {
  const clear = new ClearAgent({ keepAlive: true, maxSockets: 6 });
  const secure = new Agent({ keepAlive: true, maxSockets: 6, ca: proxy.ca, servername: 'localhost' });
  const sessions = new Set();
  const slots = [];
  let turn = 0;
  return {
    clear,
    secure,
    session: () => {
      turn = (turn + 1) % sessionCount;
      if (slots[turn] === undefined || slots[turn].isOver || slots[turn].streams === streamsPerSession) {
        slots[turn]?.close();
        slots[turn] = openSession(proxy);
        for (const session of sessions) if (session.isOver) sessions.delete(session);
        sessions.add(slots[turn]);
      }
      slots[turn].streams += 1;
      return slots[turn].ready;
    },
    close: () => {
      clear.destroy();
      secure.destroy();
      for (const session of sessions) session.destroy();
    },
  };
};

/** Whether an answer is one of Sidings itself, and then which; undefined where it is the upstream's. */
const pageOf = (status, headers, body) => {
  if (headers['x-copy'] !== undefined) return undefined;
  try {
    return { fate: 'answered', code: JSON.parse(body).code };
  } catch {
    return wrong(`${status} of nobody`);
  }
};

/** What is wrong with the head of an answer: it is another's, or not a good one. */
const strangeHead = ({ copy, nonce }, status, headers) => {
  if (headers['x-copy'] !== copy || headers['x-workstream'] !== copy) {
    return wrong(`an answer of ${headers['x-copy']} (${headers['x-workstream']}) to a request to ${copy}`);
  }
  if (headers['x-nonce'] !== String(nonce)) return wrong(`the answer to ${headers['x-nonce']}, not to ${nonce}`);
  return status === 200 ? undefined : wrong(`status ${status}`);
};

/** Asks by HTTP/1.1. Gives `{ status, headers, body }`, or the fate of what did not come to an end. */
const askHttp1 = ({ proxy, hostname, nonce, signal }, { secure, agent, path, body, chunked, leaves }) =>
  new Promise((resolve) => {
    const port = secure ? proxy.https : proxy.http;
    const headers = { host: `${hostname}:${port}`, 'x-nonce': nonce, accept: 'application/json' };
    if (body !== undefined && !chunked) headers['content-length'] = body.length;
    if (chunked) headers['transfer-encoding'] = 'chunked';
    const method = body === undefined ? 'GET' : 'POST';
    const tls = secure ? { ca: proxy.ca, servername: agent === false ? hostname : 'localhost' } : {};
    const request = secure ? requestSecure : requestClear;
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers, agent, signal, ...tls });
    outgoing.on('error', (error) => resolve(cut(error)));
    outgoing.on('response', (answer) => {
      const parts = [];
      answer.on('data', (part) => {
        parts.push(part);
        if (!leaves) return;
        outgoing.destroy();
        resolve(left);
      });
      answer.on('error', (error) => resolve(cut(error)));
      answer.on('end', () => {
        if (answer.complete)
          resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) });
        else resolve(cut({ message: 'incomplete' }));
      });
    });
    send(outgoing, body, chunked);
  });

/** A body with a length in one piece, one without in several. */
const send = (outgoing, body, inPieces) => {
  if (inPieces) {
    for (let at = 0; at < body.length; at += 20_000) outgoing.write(body.subarray(at, at + 20_000));
  }
  outgoing.end(inPieces ? undefined : body);
};

const askHttp2 = async ({ proxy, pool, hostname, nonce, signal }, { path, body, chunked, leaves }) => {
  const session = await pool.session();
  return new Promise((resolve) => {
    const fields = {
      ':method': body === undefined ? 'GET' : 'POST',
      ':path': path,
      ':authority': `${hostname}:${proxy.https}`,
      'x-nonce': String(nonce),
      accept: 'application/json',
      ...(body !== undefined && !chunked && { 'content-length': String(body.length) }),
    };
    const stream = session.request(fields, { endStream: body === undefined, signal });
    const parts = [];
    let head;
    let ended = false;
    stream.on('response', (headers) => {
      head = headers;
    });
    stream.on('data', (part) => {
      parts.push(part);
      if (!leaves) return;
      stream.close(constants.NGHTTP2_CANCEL);
      resolve(left);
    });
    stream.on('error', (error) => resolve(cut(error)));
    stream.on('end', () => {
      ended = true;
    });
    stream.on('close', () => {
      if (ended && head !== undefined && stream.rstCode === constants.NGHTTP2_NO_ERROR) {
        resolve({ status: head[':status'], headers: head, body: Buffer.concat(parts) });
      } else resolve(cut({ message: `reset with ${stream.rstCode}` }));
    });
    if (body !== undefined) send(stream, body, chunked);
  });
};

/** Asks, and checks that the answer is the copy's own and what `check` wants of its body. */
const exchange = (ask, wanted, check) => async (context) => {
  const options = wanted(context);
  const answer = await ask(context, options);
  if (answer.fate !== undefined) return answer;
  const { status, headers, body } = answer;
  return pageOf(status, headers, body) ?? strangeHead(context, status, headers) ?? check(body, options, context);
};

const clearKept = ({ pool }) => ({ secure: false, agent: pool.clear });
const secureKept = ({ pool }) => ({ secure: true, agent: pool.secure });
const clearOnce = () => ({ secure: false, agent: false });
const secureOnce = () => ({ secure: true, agent: false });
const onSession = () => ({});

const small = (ask, how) =>
  exchange(
    ask,
    (context) => ({ ...how(context), path: '/small' }),
    (body, _options, { hostname }) =>
      JSON.parse(body).host.startsWith(`${hostname}:`) ? whole : wrong('another Host arrived'),
  );

const sizeOf = (random) => 1 + Math.floor(random() ** 3 * 600_000);

const upload = (ask, how, framing) =>
  exchange(
    ask,
    (context) => {
      const body = piece(context.nonce * 7, sizeOf(context.random));
      return { ...how(context), path: '/upload', body, chunked: framing === 'chunked' };
    },
    (answer, { body }) => (JSON.parse(answer).sum === sumOf(body) ? whole : wrong('another upload arrived')),
  );

const download = (ask, how, framing) =>
  exchange(
    ask,
    (context) => {
      const [from, size] = [context.nonce * 7, sizeOf(context.random)];
      return { ...how(context), from, size, path: `/bytes?from=${from}&size=${size}&framing=${framing}` };
    },
    (body, { from, size }) => (body.equals(piece(from, size)) ? whole : wrong(`${body.length} bytes of ${size}`)),
  );

const events = (ask, how) =>
  exchange(
    ask,
    (context) => ({ ...how(context), path: '/events?count=10' }),
    (body, _options, { copy }) => {
      const expected = Array.from({ length: 10 }, (_, number) => `id: ${number}\ndata: ${copy}\n\n`).join('');
      return body.toString() === expected ? whole : wrong('other events');
    },
  );

/** A client that goes away after the first bytes of an answer. */
const leaving = (ask, how) => async (context) => {
  const answer = await ask(context, {
    ...how(context),
    path: '/bytes?from=0&size=900000&framing=chunked',
    leaves: true,
  });
  return answer.fate === undefined ? (pageOf(answer.status, answer.headers, answer.body) ?? left) : answer;
};

const rounds = 5;
const messageOf = ({ copy, nonce }, round) => `${copy} ${nonce} ${round}`;

/** Five messages, each sent when the one before it is back. */
const socketHttp1 = (secure) => (context) =>
  new Promise((resolve) => {
    const { proxy, hostname, nonce, signal } = context;
    const port = secure ? proxy.https : proxy.http;
    const socket = new WebSocket(`${secure ? 'wss' : 'ws'}://127.0.0.1:${port}/socket`, {
      headers: { host: `${hostname}:${port}`, 'x-nonce': nonce, accept: 'application/json' },
      perMessageDeflate: false,
      ...(secure && { ca: proxy.ca, servername: hostname }),
    });
    let round = 0;
    let fate;
    signal.addEventListener('abort', () => socket.terminate(), { once: true });
    socket.on('upgrade', ({ headers }) => {
      fate = strangeHead(context, 200, headers);
    });
    socket.on('unexpected-response', (_request, answer) => {
      let text = '';
      answer.on('error', (error) => resolve(cut(error)));
      answer.setEncoding('utf8').on('data', (data) => {
        text += data;
      });
      answer.on('end', () => resolve(pageOf(answer.statusCode, answer.headers, text) ?? wrong('no upgrade')));
    });
    socket.on('open', () => socket.send(messageOf(context, round)));
    socket.on('message', (data) => {
      if (String(data) !== messageOf(context, round)) fate ??= wrong(`${data} came back`);
      round += 1;
      if (round === rounds || fate !== undefined) return socket.close();
      return socket.send(messageOf(context, round));
    });
    socket.on('error', (error) => resolve(cut(error)));
    socket.on('close', () =>
      resolve(fate ?? (round === rounds ? whole : cut({ message: `closed in round ${round}` }))),
    );
  });

/** A short message as a client frames it (RFC 6455 §5.2), with a mask of zeros. */
const maskedFrame = (opcode, payload) =>
  Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);

/** The same over a stream of HTTP/2 (RFC 8441). */
const socketHttp2 = async (context) => {
  const { proxy, pool, hostname, nonce, signal } = context;
  const session = await pool.session();
  return new Promise((resolve) => {
    const stream = session.request(
      {
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':scheme': 'https',
        ':path': '/socket',
        ':authority': `${hostname}:${proxy.https}`,
        'sec-websocket-version': '13',
        'x-nonce': String(nonce),
        accept: 'application/json',
      },
      { endStream: false, signal },
    );
    let received = Buffer.alloc(0);
    let round = 0;
    let head;
    let fate;
    const sendNext = () => stream.write(maskedFrame(1, Buffer.from(messageOf(context, round))));
    stream.on('response', (headers) => {
      head = headers;
      if (headers[':status'] !== 200) return;
      fate = strangeHead(context, 200, headers);
      sendNext();
    });
    stream.on('data', (data) => {
      received = Buffer.concat([received, data]);
      // Of a page that is read together with its head, Node may give the bytes first.
      while (head?.[':status'] === 200 && fate === undefined && round < rounds) {
        const size = 2 + (received[1] ?? 0);
        if (received.length < size) return;
        const text = received.toString('utf8', 2, size);
        received = received.subarray(size);
        if (text !== messageOf(context, round)) fate = wrong(`${text} came back`);
        else round += 1;
        if (round < rounds) sendNext();
        else stream.end(maskedFrame(8, Buffer.from([0x03, 0xe8])));
      }
    });
    stream.on('error', (error) => resolve(fate ?? cut(error)));
    stream.on('close', () => {
      if (head !== undefined && head[':status'] !== 200) {
        resolve(pageOf(head[':status'], head, received) ?? wrong('no tunnel'));
      } else resolve(fate ?? (round === rounds ? whole : cut({ message: `closed in round ${round}` })));
    });
  });
};

/** `isRetried`: the proxy may send it a second time (a GET without a body). `weight`: how often it is chosen. */
export const kinds = [
  { name: 'GET, kept, clear', weight: 12, isRetried: true, run: small(askHttp1, clearKept) },
  { name: 'GET, kept, TLS', weight: 12, isRetried: true, run: small(askHttp1, secureKept) },
  { name: 'GET, once, clear', weight: 8, isRetried: true, run: small(askHttp1, clearOnce) },
  { name: 'GET, once, TLS', weight: 3, isRetried: true, run: small(askHttp1, secureOnce) },
  { name: 'GET, HTTP/2', weight: 12, isRetried: true, run: small(askHttp2, onSession) },
  { name: 'upload with a length, kept', weight: 3, run: upload(askHttp1, secureKept, 'length') },
  { name: 'upload in chunks, kept', weight: 3, run: upload(askHttp1, clearKept, 'chunked') },
  { name: 'upload with a length, HTTP/2', weight: 2, run: upload(askHttp2, onSession, 'length') },
  { name: 'upload without one, HTTP/2', weight: 2, run: upload(askHttp2, onSession, 'chunked') },
  { name: 'download with a length', weight: 3, isRetried: true, run: download(askHttp1, clearKept, 'length') },
  { name: 'download in chunks', weight: 3, isRetried: true, run: download(askHttp1, secureKept, 'chunked') },
  { name: 'download, HTTP/2', weight: 3, isRetried: true, run: download(askHttp2, onSession, 'chunked') },
  { name: 'events', weight: 2, isRetried: true, run: events(askHttp1, secureKept) },
  { name: 'events, HTTP/2', weight: 2, isRetried: true, run: events(askHttp2, onSession) },
  { name: 'left in the middle', weight: 2, isRetried: true, run: leaving(askHttp1, clearOnce) },
  { name: 'left in the middle, HTTP/2', weight: 2, isRetried: true, run: leaving(askHttp2, onSession) },
  { name: 'WebSocket', weight: 2, run: socketHttp1(false) },
  { name: 'WebSocket, TLS', weight: 2, run: socketHttp1(true) },
  { name: 'WebSocket, HTTP/2', weight: 2, run: socketHttp2 },
];
