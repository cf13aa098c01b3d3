import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { start, startSidings } from '../support/commands.ts';
import { temporaryFolder } from '../support/folder.ts';
import { makeCopies } from '../support/project-copies.ts';
import { eventually } from '../support/raw.ts';
import { needs } from '../support/requirements.ts';
import { runToEnd } from './run-to-end.ts';

const hostname = 'project-2.web.localhost';

/** Answers with the number of bytes that it got. */
const startCounter = async (directory: string, port: number): Promise<void> => {
  const program = `require('node:http').createServer((request, response) => {
    let length = 0;
    request.on('data', (data) => { length += data.length }).on('end', () => response.end(String(length)));
  }).listen(${port}, '127.0.0.1', () => console.log('listening'))`;
  const started = start(process.execPath, ['--max-http-header-size=65536', '-e', program], { cwd: directory });
  await eventually(() => started.stdout() !== '', 'the service listens');
};

const bodyLength = 256 * 1024;

const startAll = async () => {
  const folder = await temporaryFolder();
  const [copy] = await makeCopies(folder, ['project-2']);
  if (copy === undefined) throw new Error('no copy');
  await startCounter(copy.directory, copy.ports.web ?? 0);
  const { httpsPort } = await startSidings([], { cwd: copy.directory });
  const body = join(folder, 'body');
  await writeFile(body, Buffer.alloc(bodyLength, 'b'));
  return { port: httpsPort, body };
};

// A hundred thousand: bench/h2load.mjs
test('h2load sees no request fail in ten thousand, with bodies and without', { timeout: 120_000 }, async (context) => {
  needs(context, 'h2load');
  const { port, body } = await startAll();
  const load = (requests: number, ...more: readonly string[]) =>
    runToEnd('h2load', [
      ...[`--requests=${requests}`, '--clients=10', '--max-concurrent-streams=20', ...more],
      ...[`--connect-to=127.0.0.1:${port}`, `https://${hostname}:${port}/`],
    ]);
  for (const { output } of [await load(9900), await load(100, `--data=${body}`)]) {
    expect(output).toContain('Application protocol: h2');
    expect(output).toMatch(/requests: (\d+) total, \1 started, \1 done, \1 succeeded, 0 failed, 0 errored, 0 timeout/);
    expect(output).toMatch(/status codes: \d+ 2xx, 0 3xx, 0 4xx, 0 5xx/);
  }
});

test('nghttp sees no error of the protocol', async (context) => {
  needs(context, 'nghttp');
  const { port, body } = await startAll();
  const ask = async (...more: readonly string[]) => {
    const url = `https://127.0.0.1:${port}/`;
    const { code, output } = await runToEnd('nghttp', ['-v', ...more, `--header=:authority: ${hostname}`, url]);
    expect(code, output).toBe(0);
    return output;
  };
  const outputs = [
    await ask('--multiply=20'),
    await ask(`--data=${body}`, '--trailer=x-checksum: 1'),
    await ask(`--data=${body}`, '--no-content-length', '--expect-continue', '--padding=50'),
    await ask('--continuation', '--window-bits=20', '--connection-window-bits=20', '--no-rfc7540-pri'),
  ];
  for (const output of outputs) {
    expect(output).toContain('The negotiated protocol: h2');
    expect(output).toContain(':status: 200');
    expect(output).not.toMatch(/\[ERROR\]|PROTOCOL_ERROR|recv RST_STREAM|recv GOAWAY|Some requests were not processed/);
  }
  expect(outputs[0]?.match(/:status: 200/g)).toHaveLength(20);
  for (const output of outputs.slice(1, 3)) expect(output).toContain(`\n${bodyLength}`);
});
