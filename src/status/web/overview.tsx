import type { JSX } from 'preact';
import type { Activity } from '../../model/activity.ts';
import type { WorkstreamHealth } from '../../model/health.ts';
import type { Setup } from '../../model/setup.ts';
import type { State } from '../../model/workstream.ts';
import type { Answer, WorkstreamTraffic } from './answers.ts';
import { Command, Foreign } from './basics.tsx';
import { Card } from './card.tsx';
import { useNow, usePolled } from './live.ts';
import { Findings } from './problems.tsx';
import { findings, inOrder } from './text/view.ts';

const byDirectory = <Entry extends { readonly directory: string }>(answer: Answer<Entry> | undefined) =>
  new Map((answer?.workstreams ?? []).map((entry) => [entry.directory, entry]));

const everyMs = { activity: 5000, traffic: 1000, health: 5000, setup: 10_000, ages: 5000 } as const;

/** All workstreams at a glance. */
export const Overview = ({ state }: { readonly state: State }): JSX.Element => {
  const activity = byDirectory(usePolled<Answer<Activity>>('/api/activity', everyMs.activity));
  const traffic = byDirectory(usePolled<Answer<WorkstreamTraffic>>('/api/traffic', everyMs.traffic));
  const health = byDirectory(usePolled<Answer<WorkstreamHealth>>('/api/health', everyMs.health));
  const setup = usePolled<Setup>('/api/setup', everyMs.setup);
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
      {setup?.rootCertificate === 'untrusted' && <Untrusted />}
      {state.workstreams.length === 0 && <NoCopies roots={setup?.roots ?? []} />}
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
      {setup?.docker === 'absent' && (
        <p class="aside quiet">
          No Docker Engine answers, so containers are not shown. As soon as one does, they are here by themselves.
        </p>
      )}
    </>
  );
};

const Untrusted = () => (
  <section class="tip" aria-labelledby="trust-title">
    <h2 id="trust-title">Browsers warn of these addresses</h2>
    <p>
      No browser of this machine trusts its root certificate yet. It is good for the names of your copies alone. Make it
      known, once: <Command text="sidings trust" />
    </p>
  </section>
);

const steps = [
  ['In a repository, write its sidings.json', 'stack-env init'],
  ['Copy the folder, or add a git worktree', 'cp -r project project-2'],
  ['Start a service in the copy', 'stack-env run --service web -- npm run dev'],
] as const;

const NoCopies = ({ roots }: { readonly roots: readonly string[] }) => (
  <section class="empty" aria-labelledby="empty-title">
    <h2 id="empty-title">No workstreams yet</h2>
    <p>A workstream is a copy of a project with its own ports, data and addresses. Three steps make the first:</p>
    <ol>
      {steps.map(([what, command]) => (
        <li key={command}>
          {what}: <Command text={command} />
        </li>
      ))}
    </ol>
    <p>
      Copies are looked for in{' '}
      {roots.map((root, index) => (
        <>
          {index > 0 && ', '}
          <Foreign text={root} code />
        </>
      ))}
      {roots.length === 0 && 'the folder above the project'}, and among the git worktrees of those that are found.
      Another folder is added with <code>sidings start --root FOLDER</code>. This page follows by itself.
    </p>
  </section>
);
