import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { LogLine } from '../../model/log-line.ts';
import { printable } from '../../model/text.ts';
import type { State } from '../../model/workstream.ts';
import { Command, Copy, Foreign, Icon, Unseen } from './basics.tsx';
import { ask, type Failure, useStream } from './live.ts';
import { clock, count } from './text/format.ts';
import { added, isOfMoment, placeOfMoment, type ShownLine } from './text/lines.ts';
import { hashOf, queryOf } from './text/place.ts';
import { plainText, runsOf } from './text/sgr.ts';
import { inOrder } from './text/view.ts';

/** Lines that are shown at most. */
const maxLines = 3000;
const firstLines = 1000;
/** Lines of the time around a moment are shown with it. */
const aroundMs = 30_000;
const gatherMs = 100;
/** A log of which nothing came for so long since it was opened is empty. */
const quietMs = 500;

interface Wanted {
  readonly workstream: string;
  readonly service: string;
  readonly from: number | undefined;
  readonly until: number | undefined;
}

/** The last lines of a service, and what it writes while they are shown; of a moment, what was written around it. */
const useLog = (wanted: Wanted | undefined) => {
  const [lines, setLines] = useState<readonly ShownLine[]>();
  const [failure, setFailure] = useState<Failure>();
  const waiting = useRef<LogLine[]>([]);
  const isNew = useRef(true);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const { workstream, service, from, until } = wanted ?? {};
  const of = wanted && queryOf({ workstream, service });
  const follows = of !== undefined && from === undefined;

  useEffect(() => {
    setFailure(undefined);
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      waiting.current = [];
      setLines(undefined);
    };
  }, [of, from, until]);

  const show = (): void => {
    timer.current = undefined;
    const [arrived, beginsAnew] = [waiting.current, isNew.current];
    waiting.current = [];
    isNew.current = false;
    setLines((before) => added(beginsAnew ? [] : (before ?? []), arrived, maxLines));
  };
  const connection = useStream(follows ? `/api/logs/events?${of}&lines=${firstLines}` : undefined, {
    open: () => {
      clearTimeout(timer.current);
      isNew.current = true;
      setFailure(undefined);
      timer.current = setTimeout(show, quietMs);
    },
    line: (data) => {
      if (waiting.current.length === 0) {
        clearTimeout(timer.current);
        timer.current = setTimeout(show, gatherMs);
      }
      waiting.current.push(JSON.parse(data) as LogLine);
    },
  });

  // A stream does not say why it did not begin.
  const asksList = of !== undefined && (!follows || connection === 'lost');
  useEffect(() => {
    if (!asksList) return undefined;
    const life = new AbortController();
    const around =
      from === undefined
        ? { lines: 0 }
        : { since: Math.floor(from - aroundMs), until: Math.ceil((until ?? from) + aroundMs), lines: maxLines };
    ask<{ lines: readonly LogLine[] }>(`/api/logs?${of}&${queryOf(around)}`, life.signal)
      .then((answered) => {
        if ('failure' in answered) setFailure(answered.failure);
        else if (from !== undefined) setLines(added([], answered.body.lines, maxLines));
      })
      .catch(() => {});
    return () => life.abort();
  }, [asksList, of, from, until]);
  return { lines, failure };
};

const numberIn = (text: string | undefined): number | undefined => {
  const number = Number(text);
  return text === undefined || !Number.isFinite(number) ? undefined : number;
};

/** What services write. */
export const Logs = ({
  state,
  chosen,
}: {
  readonly state: State;
  readonly chosen: Readonly<Record<string, string>>;
}): JSX.Element => {
  const sorted = useMemo(() => inOrder(state.workstreams), [state]);
  const workstream =
    sorted.find(({ name }) => name === chosen.workstream) ?? (chosen.workstream === undefined ? sorted[0] : undefined);
  const service =
    workstream?.services.find(({ name }) => name === chosen.service) ??
    workstream?.services.find(({ state: is }) => is === 'up') ??
    workstream?.services[0];
  const from = numberIn(chosen.from);
  const until = numberIn(chosen.until) ?? from;
  const { lines: all, failure } = useLog(
    workstream && service && { workstream: workstream.name, service: service.name, from, until },
  );
  const [search, setSearch] = useState('');
  const lines = useMemo(() => {
    const sought = search.toLowerCase();
    if (sought === '' || all === undefined) return all ?? [];
    return all.filter(({ text }) => plainText(text).toLowerCase().includes(sought));
  }, [all, search]);

  return (
    <section aria-labelledby="logs-title" class="logs">
      <h2 id="logs-title">Logs</h2>
      <search class="bar">
        <label class="field">
          <Unseen>Service</Unseen>
          <select
            value={`${workstream?.name}\n${service?.name}`}
            onChange={({ currentTarget }) => {
              const [name, of] = currentTarget.value.split('\n');
              location.hash = hashOf('logs', { workstream: name, service: of });
            }}
          >
            {sorted.map(({ name, directory, services }) => (
              <optgroup key={directory} label={printable(name)}>
                {services.map((one) => (
                  <option key={one.name} value={`${name}\n${one.name}`}>
                    {printable(`${name} · ${one.name}`)}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        </label>
        <label class="field text">
          <Icon name="search" />
          <Unseen>Search the log</Unseen>
          <input
            type="search"
            placeholder="Search …"
            value={search}
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          />
        </label>
        <span class="quiet" role="status">
          {search !== '' && `${count(lines.length, 'line')} of ${all?.length ?? 0}`}
        </span>
        {from !== undefined && (
          <a href={hashOf('logs', { workstream: workstream?.name, service: service?.name })}>Back to the end</a>
        )}
        <span class="grow" />
        {lines.length > 0 && (
          <Copy text={lines.map(({ text }) => plainText(text)).join('\n')} what="these lines" label="Copy" />
        )}
      </search>
      {failure !== undefined && (
        <p class="quiet">
          <Foreign text={failure.message} /> <Foreign text={failure.hint} />
        </p>
      )}
      {all !== undefined && all.length > 0 && <Lines lines={lines} search={search} from={from} until={until} />}
      {all?.length === 0 && service !== undefined && <NoLines service={service.name} />}
      {workstream === undefined && sorted.length > 0 && <p class="quiet">There is no workstream of that name.</p>}
      {sorted.length === 0 && (
        <p class="quiet">
          There are no workstreams yet. <a href={hashOf('overview')}>The overview</a> says how to make the first.
        </p>
      )}
    </section>
  );
};

const Lines = ({
  lines,
  search,
  from,
  until,
}: {
  lines: readonly ShownLine[];
  search: string;
  from: number | undefined;
  until: number | undefined;
}) => {
  const box = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(from === undefined);
  const moment = from === undefined ? undefined : placeOfMoment(lines, from);
  const jumped = useRef<number | undefined>(undefined);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    if (moment !== undefined && jumped.current !== from) {
      jumped.current = from;
      const line = element.children[moment];
      if (line instanceof HTMLElement) element.scrollTop = line.offsetTop - element.clientHeight / 3;
    } else if (follows && from === undefined) element.scrollTop = element.scrollHeight;
  }, [lines, moment, from, follows]);

  const scrolled = ({
    currentTarget: { scrollHeight, scrollTop, clientHeight },
  }: {
    currentTarget: HTMLDivElement;
  }): void => setFollows(scrollHeight - scrollTop - clientHeight < 24);

  return (
    <>
      {from !== undefined && moment === undefined && (
        <p class="quiet">These lines carry no times, so the moment of the request cannot be found.</p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <div class="lines" role="log" aria-label="Log" aria-live="off" tabIndex={0} ref={box} onScroll={scrolled}>
        {lines.map((line) => (
          <Line
            key={line.key}
            line={line}
            search={search}
            isMarked={from !== undefined && until !== undefined && isOfMoment(line, from, until)}
          />
        ))}
      </div>
    </>
  );
};

const Line = ({ line: { text, at }, search, isMarked }: { line: LogLine; search: string; isMarked: boolean }) => (
  <div class={isMarked ? 'line moment' : 'line'}>
    {at !== undefined && <time title={new Date(at).toLocaleString()}>{clock(at, true)}</time>}
    <span class="text">
      {runsOf(text).map(({ text: run, classes }, index) => (
        <span key={index} class={classes || undefined}>
          {search === '' ? run : <Marked text={run} search={search} />}
        </span>
      ))}
    </span>
  </div>
);

const Marked = ({ text, search }: { text: string; search: string }): JSX.Element => {
  const pieces: (string | JSX.Element)[] = [];
  const lower = text.toLowerCase();
  const sought = search.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(sought); at !== -1; at = lower.indexOf(sought, from)) {
    pieces.push(text.slice(from, at), <mark>{text.slice(at, at + search.length)}</mark>);
    from = at + search.length;
  }
  return <>{[...pieces, text.slice(from)]}</>;
};

const NoLines = ({ service }: { readonly service: string }) => {
  const command = `stack-env run --service ${service} -- npm run dev`;
  return (
    <div class="empty">
      <h3>Nothing was written yet</h3>
      <p>The output of a service is kept when it runs in a container, or is started by stack-env:</p>
      <p>
        <Command text={command} />
      </p>
    </div>
  );
};
