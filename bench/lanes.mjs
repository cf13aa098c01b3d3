// Requests per second of HTTP/1.1 in clear text through both lanes and nginx, side by side: small answers, 64 KiB answers, small uploads.
// `node bench/lanes.mjs [seconds] [rounds] [scenario]`. Build first; needs wrk, and nginx for the comparison (Debian: wrk, nginx).
// The proxies have core 0 one at a time, load and upstream core 1. Rounds alternate; what counts are the ratios of the medians. The time
// on the processor for each request is measured too (Linux): it says the same on a machine that has other things to do.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onPath } from '../scripts/lib.mjs';
import { freePort, median } from './machine.mjs';

const [seconds = '3', rounds = '5', wanted] = process.argv.slice(2);
const command = fileURLToPath(new URL('../dist/cli/sidings.js', import.meta.url));
const nginx = ['nginx', '/usr/sbin/nginx'].find((name) => onPath(name));
const pinned = (core, ...args) => (onPath('taskset') ? ['taskset', '-c', String(core), ...args] : args);

/** Answers by the path without reading more of a request than its head: it must cost less than what is measured. */
const upstream = `
  const answer = (body) => Buffer.from(
    'HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\nDate: Thu, 01 Jan 2026 00:00:00 GMT\\r\\nContent-Length: ' + body.length + '\\r\\n\\r\\n' + body);
  const small = answer('x'.repeat(128));
  const large = answer('x'.repeat(65536));
  require('node:net').createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => socket.write(data[5] === 108 ? large : small));
  }).listen(Number(process.argv[1]), '127.0.0.1', () => console.log('ready'));
`;

const folder = mkdtempSync(`${tmpdir()}/sidings-lanes-`);
const children = [];
const start = async (core, args, env = {}) => {
  const [program, ...rest] = pinned(core, ...args);
  const options = { cwd: `${folder}/project`, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] };
  const child = spawn(program, rest, options);
  children.push(child);
  return child;
};
const firstLine = async (child) => {
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('It ended before it was ready.');
};

/** Seconds on the processor of a process and its children, so far. */
const processorSeconds = (pid) => {
  let ticks = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      if (Number(name) === pid || Number(stat[1]) === pid) ticks += Number(stat[11]) + Number(stat[12]);
    } catch {
      // It has ended.
    }
  }
  return ticks / 100;
};

const scenarios = {
  small: ['/small'],
  '64 KiB': ['/large'],
  'small, as a browser asks': [
    '/small',
    ...[
      'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
      'Accept-Encoding: gzip, deflate, br, zstd',
      'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
      'Cache-Control: no-cache',
      'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; _ga=GA1.1.1234567890.1700000000',
      'Referer: http://project.web.localhost/',
      'Sec-Fetch-Dest: empty',
      'Sec-Fetch-Mode: cors',
      'Sec-Fetch-Site: same-origin',
    ].flatMap((field) => ['-H', field]),
  ],
};

try {
  mkdirSync(`${folder}/project`);
  const port = await freePort();
  writeFileSync(`${folder}/project/sidings.json`, JSON.stringify({ project: 'project', services: { web: { port } } }));
  await firstLine(await start(1, [process.execPath, '-e', upstream, String(port)]));
  const peers = {};
  for (const lanes of ['fast', 'full']) {
    const env = { SIDINGS_STATE_DIR: `${folder}/${lanes}`, SIDINGS_CERTS_DIR: `${folder}/certs`, SIDINGS_LANES: lanes };
    const args = ['start', '--http-port=0', '--https-port=0', '--log-level=error', '--no-docker'];
    const child = await start(
      0,
      [process.execPath, ...(process.env.NODE_ARGS?.split(' ') ?? []), command, ...args],
      env,
    );
    peers[lanes] = { pid: child.pid, port: JSON.parse(await firstLine(child)).http.port };
  }
  if (nginx !== undefined) {
    const own = await freePort();
    writeFileSync(
      `${folder}/nginx.conf`,
      `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
       events { worker_connections 4096; }
       http { access_log off; client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
         uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e; keepalive_requests 1000000000;
         upstream web { server 127.0.0.1:${port}; keepalive 256; keepalive_requests 1000000000; }
         server { listen 127.0.0.1:${own}; location / { proxy_pass http://web; proxy_http_version 1.1;
           proxy_set_header Connection ""; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;
           proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Request-Id $request_id; } } }`,
    );
    const { pid } = await start(0, [nginx, '-c', `${folder}/nginx.conf`, '-e', `${folder}/nginx.log`]);
    peers.nginx = { pid, port: own };
    await new Promise((resolve) => setTimeout(resolve, 500));
  }

  const load = (peer, time, [path, ...more]) => {
    const args = ['-t1', '-c64', `-d${time}s`, '--latency', '-H', 'Host: project.web.localhost', ...more];
    const [program, ...rest] = pinned(1, 'wrk', ...args, `http://127.0.0.1:${peers[peer].port}${path}`);
    const before = processorSeconds(peers[peer].pid);
    const { error, stdout } = spawnSync(program, rest, { encoding: 'utf8' });
    if (error !== undefined) throw error;
    if (/Non-2xx|Socket errors/.test(stdout)) console.log(`${peer}: ${stdout}`);
    const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
    const cost = ((processorSeconds(peers[peer].pid) - before) / requests) * 1e6;
    const p99 = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout);
    const unit = { us: 0.001, ms: 1, s: 1000 };
    return {
      rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
      p99: Number(p99?.[1]) * unit[p99?.[2]],
      cost,
    };
  };

  for (const [name, scenario] of Object.entries(scenarios)) {
    if (wanted !== undefined && wanted !== name) continue;
    const results = Object.fromEntries(Object.keys(peers).map((peer) => [peer, []]));
    for (const peer of Object.keys(peers)) load(peer, 2, scenario);
    for (let round = 0; round < Number(rounds); round += 1)
      for (const peer of Object.keys(peers)) results[peer].push(load(peer, seconds, scenario));
    const medians = Object.entries(results).map(([peer, runs]) => ({
      peer,
      rate: median(runs.map(({ rate }) => rate)),
      p99: median(runs.map(({ p99 }) => p99)),
      cost: median(runs.map(({ cost }) => cost)),
    }));
    const base = medians.find(({ peer }) => peer === 'nginx') ?? medians.at(-1);
    console.log(name);
    for (const { peer, rate, p99, cost } of medians)
      console.log(
        `  ${peer.padEnd(6)} ${rate.toFixed(0).padStart(7)}/s ${(rate / base.rate).toFixed(2)}   p99 ${p99.toFixed(2)} ms   ` +
          `${cost.toFixed(1)} µs each, ${(base.cost / cost).toFixed(2)}`,
      );
  }
} finally {
  for (const child of children) child.kill('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
