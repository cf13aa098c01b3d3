// A large body through a proxy: MiB per second, and by how much the proxy's memory grew meanwhile at most.
import { request } from 'node:http';
import { residentOf } from '../machine.mjs';
import { hostname } from '../peers/peer.mjs';

const mebibyte = 2 ** 20;
const sampleMs = 20;

const watched = async (pid, bytes, transfer) => {
  const before = residentOf(pid);
  let most = before;
  const sampler = setInterval(() => {
    most = Math.max(most, residentOf(pid));
  }, sampleMs);
  const start = performance.now();
  try {
    await transfer();
  } finally {
    clearInterval(sampler);
  }
  const seconds = (performance.now() - start) / 1000;
  return { rate: bytes / mebibyte / seconds, memory: Math.max(most, residentOf(pid)) - before };
};

const call = (port, path, options, send) =>
  new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      path,
      agent: false,
      ...options,
      headers: { host: hostname, ...options.headers },
    });
    asked.on('error', reject);
    asked.on('response', (response) => {
      let received = 0;
      let text = '';
      response.on('data', (chunk) => {
        received += chunk.length;
        if (received < 100) text += chunk;
      });
      response.on('end', () => resolve({ received, text }));
      response.on('error', reject);
    });
    send(asked);
  });

export const download = ({ port, pid, bytes }) =>
  watched(pid, bytes, async () => {
    const { received } = await call(port, `/bytes/${bytes}`, {}, (asked) => asked.end());
    if (received !== bytes) throw new Error(`${received} of ${bytes} bytes came`);
  });

const block = Buffer.alloc(256 * 1024, 'x');

export const upload = ({ port, pid, bytes }) =>
  watched(pid, bytes, async () => {
    const { text } = await call(port, '/upload', { method: 'PUT', headers: { 'content-length': bytes } }, (asked) => {
      let left = bytes;
      const more = () => {
        while (left > 0) {
          const next = left >= block.length ? block : block.subarray(0, left);
          left -= next.length;
          if (!asked.write(next)) return;
        }
        asked.end();
      };
      asked.on('drain', more);
      more();
    });
    if (Number(text) !== bytes) throw new Error(`${text} of ${bytes} bytes arrived`);
  });
