import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { State } from '../../model/workstream.ts';
import { useStream } from './live.ts';
import { Logs } from './logs.tsx';
import { Overview } from './overview.tsx';
import { Requests } from './requests.tsx';
import { clock } from './text/format.ts';
import { hashOf, type Place, placeOf, type View } from './text/place.ts';
import { summary } from './text/view.ts';

const usePlace = (): Place => {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const changed = (): void => setPlace(placeOf(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return place;
};

const tabs: readonly (readonly [View, string])[] = [
  ['overview', 'Overview'],
  ['requests', 'Requests'],
  ['logs', 'Logs'],
];

/** The whole page. */
export const App = (): JSX.Element => {
  const [known, setKnown] = useState<{ readonly state: State; readonly at: number }>();
  const { view, chosen } = usePlace();
  const connection = useStream('/api/events', {
    state: (data) => setKnown({ state: JSON.parse(data) as State, at: Date.now() }),
  });
  const state = known?.state;
  const live = state?.workstreams.filter((workstream) => workstream.live).length;
  useEffect(() => {
    document.title = live === undefined ? 'Sidings' : `${live} live · Sidings`;
  }, [live]);
  const away = connection === 'lost';
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to content
      </button>
      <header class="top">
        <h1>
          <img src="/icon.svg" alt="" width="22" height="22" /> Sidings
        </h1>
        <nav aria-label="Views">
          {tabs.map(([name, label]) => (
            <a key={name} href={hashOf(name)} aria-current={name === view ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <p role="status" class={`connection ${connection}`}>
          {away ? 'Reconnecting' : connection === 'open' ? 'Live' : 'Connecting'}
        </p>
      </header>
      <main id="main" tabIndex={-1} class={away ? 'away' : undefined}>
        <p class={view === 'overview' ? 'summary' : 'unseen'} role="status">
          {state === undefined ? 'Looking for workstreams …' : summary(state)}
        </p>
        <p class="notice" role="status">
          {away &&
            `Sidings does not answer; trying again. ${known === undefined ? '' : `This is how it was at ${clock(known.at)}.`}`}
        </p>
        {state !== undefined && view === 'overview' && <Overview state={state} />}
        {state !== undefined && view === 'requests' && <Requests state={state} chosen={chosen} />}
        {state !== undefined && view === 'logs' && <Logs state={state} chosen={chosen} />}
      </main>
      <footer class="bottom">
        The same for programs: <a href="/api/openapi.json">API</a>, <code>sidings ls --json</code>
      </footer>
    </>
  );
};
