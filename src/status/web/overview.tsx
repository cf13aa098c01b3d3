import type { JSX } from 'preact';
import type { Activity } from '../../model/activity.ts';
import type { State } from '../../model/workstream.ts';
import type { Health, WorkstreamTraffic } from './answers.ts';
import { Copy } from './basics.tsx';
import { Card } from './card.tsx';
import { useNow, usePolled } from './live.ts';
import { Findings } from './problems.tsx';
import { findings, inOrder } from './text/view.ts';

interface Of<Entry> {
  readonly workstreams: readonly Entry[];
}

const byDirectory = <Entry extends { readonly directory: string }>(answer: Of<Entry> | undefined) =>
  new Map((answer?.workstreams ?? []).map((entry) => [entry.directory, entry]));

const everyMs = { activity: 5000, traffic: 1000, health: 5000, ages: 5000 } as const;

/** All workstreams at a glance. */
export const Overview = ({ state }: { readonly state: State }): JSX.Element => {
  const activity = byDirectory(usePolled<Of<Activity>>('/api/activity', everyMs.activity));
  const traffic = byDirectory(usePolled<Of<WorkstreamTraffic>>('/api/traffic', everyMs.traffic));
  const health = byDirectory(usePolled<Of<Health>>('/api/health', everyMs.health));
  const now = useNow(everyMs.ages);
  const cards = (live: boolean): readonly JSX.Element[] =>
    inOrder(state.workstreams)
      .filter((workstream) => workstream.live === live)
      .map((workstream) => (
        <Card
          key={`${workstream.directory}\n${workstream.name}`}
          workstream={workstream}
          activity={activity.get(workstream.directory)}
          traffic={traffic.get(workstream.directory)}
          health={health.get(workstream.directory)}
          now={now}
        />
      ));
  const [live, others] = [cards(true), cards(false)];
  return (
    <>
      <Findings findings={findings(state)} />
      {state.workstreams.length === 0 && <NoCopies />}
      {live.length > 0 && (
        <section aria-labelledby="live-title">
          <h2 id="live-title">
            Live <span class="number">{live.length}</span>
          </h2>
          <div class="cards">{live}</div>
        </section>
      )}
      {others.length > 0 && (
        <section aria-labelledby="others-title">
          <h2 id="others-title">
            Not running <span class="number">{others.length}</span>
          </h2>
          <div class="cards">{others}</div>
        </section>
      )}
    </>
  );
};

const steps = [
  ['In a repository, write its sidings.json', 'stack-env init'],
  ['Copy the folder, or add a git worktree', 'cp -r project project-2'],
  ['Start a service in the copy', 'stack-env run --service web -- npm run dev'],
] as const;

const NoCopies = () => (
  <section class="empty" aria-labelledby="empty-title">
    <h2 id="empty-title">No workstreams yet</h2>
    <p>A workstream is a copy of a project with its own ports, data and addresses. Three steps make the first:</p>
    <ol>
      {steps.map(([what, command]) => (
        <li key={command}>
          {what}:{' '}
          <span class="command">
            <code>{command}</code>
            <Copy text={command} what={`“${command}”`} />
          </span>
        </li>
      ))}
    </ol>
    <p>
      Copies are looked for in the folder above the project in which <code>sidings start</code> was called. Others are
      added with <code>sidings start --root FOLDER</code>. This page follows by itself.
    </p>
  </section>
);
