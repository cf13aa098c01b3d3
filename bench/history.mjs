// What remembering requests costs the proxy: two daemons, one with the history and one without, get the same load in turns. By HTTP/1.1 in
// clear text and by HTTP/2 over TLS, with the header fields of a browser. At most 3 % of the daemon's processor time for each request,
// garbage collection included; that is what its throughput is made of, and other programs of the machine do not change it as much.
// Build first; Linux, needs h2load (Debian: nghttp2-client). `node bench/history.mjs [rounds] [requests]`; exits 1 when it costs more.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { median } from './machine.mjs';
import { onStage } from './stage.mjs';

const rounds = Number(process.argv[2] ?? 60);
const requests = Number(process.argv[3] ?? 2000);
const most = 0.03;

const fields = [
  'user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
  'accept-encoding: gzip, deflate, br, zstd',
  'accept-language: en-GB,en;q=0.9',
  'cache-control: no-cache',
  'cookie: session=0123456789abcdef0123456789abcdef0123456789abcdef; theme=dark',
  'referer: https://project.web.localhost/notes?page=2',
  'sec-fetch-dest: empty',
  'sec-fetch-mode: cors',
  'sec-fetch-site: same-origin',
].map((field) => `--header=${field}`);

/** Nanoseconds that a process has had of the processor so far, all of its threads together. */
const timeOf = (pid) =>
  sum(
    readdirSync(`/proc/${pid}/task`).map((id) =>
      Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]),
    ),
  );

/** One round of load; gives requests per second, and the time that it took. */
const load = ({ pid, httpPort, port }, protocol) => {
  const before = timeOf(pid);
  const address =
    protocol === 'HTTP/2'
      ? `https://project.web.localhost:${port}/small`
      : `http://project.web.localhost:${httpPort}/small`;
  const options = protocol === 'HTTP/2' ? ['--clients=4', '--max-concurrent-streams=10'] : ['--clients=20', '--h1'];
  const to = `--connect-to=127.0.0.1:${protocol === 'HTTP/2' ? port : httpPort}`;
  const { error, stdout } = spawnSync('h2load', [`--requests=${requests}`, ...options, ...fields, to, address], {
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  if (!stdout.includes(` ${requests} 2xx, 0 3xx, 0 4xx, 0 5xx`)) throw new Error(stdout);
  return { rate: Number(/ ([\d.]+) req\/s/.exec(stdout)[1]), time: timeOf(pid) - before };
};

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

await onStage(
  (without) =>
    onStage(
      (remembering) => {
        for (const protocol of ['HTTP/1.1', 'HTTP/2']) {
          for (const stage of [without, remembering, without, remembering]) load(stage, protocol);
          const pairs = Array.from({ length: rounds }, (_, round) => {
            // Who is first has no advantage.
            const order = round % 2 === 0 ? [without, remembering] : [remembering, without];
            const results = new Map(order.map((stage) => [stage, load(stage, protocol)]));
            return { off: results.get(without), on: results.get(remembering) };
          });
          const cost = median(pairs.map(({ on, off }) => on.time / off.time)) - 1;
          const ratio = median(pairs.map(({ on, off }) => on.rate / off.rate));
          const rates = ['off', 'on'].map((which) => Math.round(median(pairs.map((pair) => pair[which].rate))));
          console.log(
            `${protocol}: ${rates[0]} requests/s without, ${rates[1]} with · ratio ${ratio.toFixed(3)} · ` +
              `processor time ${(cost * 100).toFixed(1)} % more`,
          );
          if (cost > most) process.exitCode = 1;
        }
      },
      [],
      ['--history=2000'],
    ),
  [],
  ['--history=0'],
);
