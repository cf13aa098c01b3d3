// A hundred thousand requests by HTTP/2 over TLS through the proxy: none may fail. Build first; needs h2load (Debian: nghttp2-client).
// `node bench/h2load.mjs [requests]`; exits 1 when one failed.
import { spawnSync } from 'node:child_process';
import { onStage } from './stage.mjs';

const requests = Number(process.argv[2] ?? 100_000);

await onStage(({ port }) => {
  const { error, stdout } = spawnSync(
    'h2load',
    [
      ...[`--requests=${requests}`, '--clients=10', '--max-concurrent-streams=20'],
      ...[`--connect-to=127.0.0.1:${port}`, `https://project.web.localhost:${port}/small`],
    ],
    { encoding: 'utf8' },
  );
  if (error !== undefined) throw error;
  const lines = stdout.split('\n').filter((line) => !/^progress/.test(line));
  console.log(lines.join('\n').trim());
  process.exitCode = stdout.includes(` ${requests} 2xx, 0 3xx, 0 4xx, 0 5xx`) ? 0 : 1;
});
