// What a soak has found: tables, a picture, and whether it is good.
import { mkdirSync, writeFileSync } from 'node:fs';
import { figure, table } from '../../bench/table.mjs';
import { say } from '../demo/progress.mjs';
import { growthOf, percentile } from './judge.mjs';
import { lineChart } from './line-chart.mjs';

/** How much the last quarter may be above the second one. */
const tolerances = {
  memory: { unit: 'MiB', share: 0.1, plus: 10 },
  descriptors: { unit: '', share: 0.1, plus: 10 },
  threads: { unit: '', share: 0, plus: 1 },
};

const outcomes = ['whole', 'left', 'answered', 'cut', 'lost'];

const requestTable = (counts) => {
  const rows = [...counts].map(([name, count]) => [name, ...outcomes.map((outcome) => figure(count[outcome]))]);
  const total = outcomes.map((outcome) => figure([...counts.values()].reduce((sum, count) => sum + count[outcome], 0)));
  return table([['exchange', 'whole', 'left by the client', 'page', 'cut', 'lost'], ...rows, ['all', ...total]]);
};

const latencies = (samples) => {
  const all = samples.flatMap(({ times }) => times);
  return [0.5, 0.9, 0.99, 1].map((share) => `${figure(percentile(all, share))} ms`);
};

/** Prints it, and gives whether nothing was lost and nothing has grown. */
export const report = ({ verdict, faultCounts, samples, before, after, marks, out }) => {
  const { exchanges, excused, counts, lost, losses } = verdict;
  say(`\n${requestTable(counts)}\n`);
  say(table([['fault', 'times'], ...[...faultCounts].map(([name, count]) => [name, figure(count)])]));
  say(`\n${figure(exchanges)} exchanges, ${figure(excused)} of them with a copy that had a fault at that time.`);
  const [median, ninety, ninetyNine, longest] = latencies(samples);
  say(`Small requests without one: median ${median}, 90 % ${ninety}, 99 % ${ninetyNine}, longest ${longest}.\n`);

  let isGood = lost === 0;
  let isLong = false;
  if (before !== undefined) {
    const rows = Object.entries(tolerances).map(([name, tolerance]) => {
      const growth = growthOf(
        samples.map((sample) => sample[name]),
        tolerance,
      );
      isLong = growth !== undefined;
      const most = Math.max(...samples.map((sample) => sample[name]));
      const isBack = name !== 'descriptors' || after.descriptors <= before.descriptors;
      if (growth?.hasGrown || !isBack) isGood = false;
      const word = growth?.hasGrown
        ? 'GROWN'
        : isBack
          ? growth === undefined
            ? 'too short to tell'
            : 'ok'
          : 'NOT BACK';
      const values = [before[name], growth?.before, growth?.after, most, after[name]].map(figure);
      return [`${name}${tolerance.unit && `, ${tolerance.unit}`}`, ...values, word];
    });
    say(table([['the daemon', 'before', 'second quarter', 'last quarter', 'most', 'after', ''], ...rows]));
  } else say('Memory, descriptors and threads are measured on Linux only.');

  mkdirSync(out, { recursive: true });
  const file = `${out}/soak.svg`;
  const share = (part) => samples.map(({ times }) => (times.length === 0 ? undefined : percentile(times, part)));
  const column = (name) => samples.map((sample) => sample[name]);
  writeFileSync(
    file,
    lineChart({
      title: 'A soak of Sidings over time',
      times: column('at'),
      marks,
      panels: [
        ...(before === undefined
          ? []
          : [
              { title: 'Memory of the daemon, MiB', lines: [column('memory')] },
              { title: 'Descriptors, and threads in grey', lines: [column('descriptors'), column('threads')] },
            ]),
        { title: 'Small requests: median in ms, 99 % in grey', lines: [share(0.5), share(0.99)] },
        { title: 'Exchanges in each sample', lines: [column('exchanges')] },
      ],
    }),
  );
  say(`\nWritten: ${file}`);
  for (const { fault, count, shown } of losses) {
    say(`LOST  ${figure(count)} ${fault}`);
    for (const text of shown) say(`        ${text}`);
  }
  if (isGood)
    say(isLong ? '\nNothing is lost, and nothing has grown.' : '\nNothing is lost; growth is told of longer runs.');
  else say(`\n${figure(lost)} lost; see above.`);
  return isGood;
};
