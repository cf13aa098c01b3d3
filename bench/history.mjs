// What remembering requests costs the proxy: daemons with the history and without get the same load in turns. Two are without, so that one
// sees what the figures are worth on this machine now. By HTTP/1.1 in clear text and by HTTP/2 over TLS, with the header fields of a browser.
// At most 3 % of the daemon's processor time for each request, garbage collection included: that is what its throughput is made of, and
// what other programs of the machine change least.
// Beside it, what it takes to add one exchange by itself, as a share of what a request takes. A round has many more requests than a history
// keeps at once: throughput is what lasts. Build first; Linux, needs h2load (Debian: nghttp2-client). `node bench/history.mjs [rounds] [requests]`;
// exits 1 when it costs more.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { openHistory } from '../dist/feedback/history.js';
import { median } from './machine.mjs';
import { onStage } from './stage.mjs';

const rounds = Number(process.argv[2] ?? 6);
const requests = Number(process.argv[3] ?? 60_000);
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
/** What a round takes when little else runs: what other programs of the machine do to it is only ever more. */
const lowerQuartile = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 4)];

const compare = (stages, protocol) => {
  for (const stage of [...stages, ...stages]) load(stage, protocol);
  const all = Array.from({ length: rounds }, (_, round) => {
    // Who is first has no advantage.
    const order = stages.map((_stage, index) => (index + round) % stages.length);
    const results = [];
    for (const index of order) results[index] = load(stages[index], protocol);
    return results;
  });
  const [first, again, on] = stages.map((_stage, index) => lowerQuartile(all.map((results) => results[index].time)));
  const off = (first + again) / 2;
  const percent = (ratio) => `${((ratio - 1) * 100).toFixed(1)} %`;
  const rates = stages.map((_stage, index) => Math.round(median(all.map((results) => results[index].rate))));
  const ratio = median(all.map(([one, other, remembering]) => (2 * remembering.rate) / (one.rate + other.rate)));
  console.log(
    `${protocol}: ${rates[0]} requests/s without, ${rates[2]} with · ratio ${ratio.toFixed(3)} · ` +
      `processor time ${percent(on / off)} more (two without differ by ${percent(again / first)})`,
  );
  const each = off / requests / 1000;
  console.log(
    `  Added by itself: ${alone.toFixed(1)} µs of ${each.toFixed(0)} µs, ${((100 * alone) / each).toFixed(1)} %`,
  );
  if (Math.abs(again / first - 1) > 4 * most) console.log('  The machine is too busy for a verdict by the daemons.');
  else if (on / off - 1 > most) process.exitCode = 1;
  if (alone / each > most) process.exitCode = 1;
};

/** Microseconds that it takes to add one exchange, garbage collection included: a busy machine leaves more of that as it is. */
const measureAlone = () => {
  const history = openHistory({ count: 2000, version: '0' });
  const bytes = Buffer.alloc(2000, 97);
  const texts = (count) =>
    Array.from({ length: count }, (_, index) => bytes.latin1Slice(index, index + (index % 2 ? 60 : 14)));
  const about = {
    method: 'GET',
    scheme: 'https',
    protocol: 'h2',
    host: 'project.web.localhost',
    path: '/',
    status: 200,
  };
  const place = { workstream: 'project', service: 'web', directory: '/project', isStatus: false, error: undefined };
  const figures = { durationMs: 1.5, firstByteMs: 1.2, bytesIn: 0, bytesOut: 1024 };
  let number = 0;
  const round = (add) => {
    const before = timeOf(process.pid);
    for (let count = 0; count < 3000; count += 1) {
      number += 1;
      // Fields as fresh as a parser makes them, among other things that are soon garbage.
      const fields = { requestHeaders: texts(28), responseHeaders: texts(16), junk: texts(60) };
      add({ id: `id-${number}`, ...about, ...place, ...figures, startedAt: 1.7e12 + number, ...fields });
    }
    return (timeOf(process.pid) - before) / 3000 / 1000;
  };
  const pairs = Array.from({ length: 50 }, () => [
    round(() => {}),
    round(({ junk: _junk, ...one }) => history.add(one)),
  ]);
  const [off, on] = [0, 1].map((index) => lowerQuartile(pairs.slice(5).map((pair) => pair[index])));
  return on - off;
};
const alone = measureAlone();

const without = ['--history=0'];
await onStage(
  (off) =>
    onStage(
      (offAgain) =>
        onStage(
          (on) => {
            for (const protocol of ['HTTP/1.1', 'HTTP/2']) compare([off, offAgain, on], protocol);
          },
          [],
          ['--history=2000'],
        ),
      [],
      without,
    ),
  [],
  without,
);
