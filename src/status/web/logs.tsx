import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { printable } from '../../model/text.ts';
import type { State } from '../../model/workstream.ts';
import type { LogLine } from './answers.ts';
import { Copy, Foreign, Icon, Unseen } from './basics.tsx';
import { ask, type Failure, useStream } from './live.ts';
import { clock, count } from './text/format.ts';
import { added, isOfMoment, notListed, placeOfMoment, type ShownLine } from './text/lines.ts';
import { hashOf, queryOf } from './text/place.ts';
import { plainText, runsOf } from './text/sgr.ts';
import { inOrder } from './text/view.ts';

/** Lines that are shown at most. */
const maxLines = 3000;
const firstLines = 1000;
/** Lines of the time before a moment are shown with it. */
const beforeMs = 30_000;
const gatherMs = 100;

interface Log {
  readonly lines: readonly ShownLine[];
  readonly source: 'process' | 'container';
}

interface Wanted {
  readonly workstream: string;
  readonly service: string;
  readonly since: number | undefined;
}

/** What a service has written, and writes while it is shown. */
const useLog = (wanted: Wanted | undefined) => {
  const [log, setLog] = useState<Log>();
  const [failure, setFailure] = useState<Failure>();
  const [round, setRound] = useState(0);
  const waiting = useRef<LogLine[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const isListed = useRef(false);
  const of = wanted && queryOf({ workstream: wanted.workstream, service: wanted.service });
  const list = wanted && queryOf({ since: wanted.since, lines: wanted.since === undefined ? firstLines : maxLines });

  useEffect(() => {
    if (of === undefined) return undefined;
    const life = new AbortController();
    isListed.current = false;
    const load = async (): Promise<void> => {
      const answered = await ask<{ lines: readonly LogLine[]; source: Log['source'] }>(
        `/api/logs?${of}&${list}`,
        life.signal,
      );
      if ('failure' in answered) {
        setFailure(answered.failure);
        return;
      }
      const { lines, source } = answered.body;
      const more = notListed(lines, waiting.current);
      waiting.current = [];
      isListed.current = true;
      setFailure(undefined);
      setLog({ source, lines: added([], [...lines, ...more], maxLines) });
    };
    load().catch(() => {});
    return () => {
      life.abort();
      waiting.current = [];
    };
  }, [of, list, round]);
  useEffect(() => () => setLog(undefined), [of]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const show = (): void => {
    timer.current = undefined;
    if (!isListed.current) return;
    const lines = waiting.current;
    waiting.current = [];
    setLog((before) => before && { ...before, lines: added(before.lines, lines, maxLines) });
  };
  useStream(of && `/api/logs/events?${of}`, {
    open: () => setRound((before) => before + 1),
    line: (data) => {
      waiting.current.push(JSON.parse(data) as LogLine);
      timer.current ??= setTimeout(show, gatherMs);
    },
  });
  return { log, failure };
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
  const wanted = useMemo(
    () =>
      workstream && service
        ? {
            workstream: workstream.name,
            service: service.name,
            since: from === undefined ? undefined : from - beforeMs,
          }
        : undefined,
    [workstream?.name, service?.name, from],
  );
  const { log, failure } = useLog(wanted);
  const [search, setSearch] = useState('');
  const lines = useMemo(() => {
    const sought = search.toLowerCase();
    const all = log?.lines ?? [];
    return sought === '' ? all : all.filter(({ text }) => plainText(text).toLowerCase().includes(sought));
  }, [log, search]);

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
          {search !== '' && `${count(lines.length, 'line')} of ${log?.lines.length ?? 0}`}
        </span>
        {from !== undefined && wanted !== undefined && (
          <a href={hashOf('logs', { workstream: wanted.workstream, service: wanted.service })}>Back to the end</a>
        )}
        <span class="grow" />
        {log !== undefined && lines.length > 0 && (
          <Copy text={lines.map(({ text }) => plainText(text)).join('\n')} what="these lines" label="Copy" />
        )}
      </search>
      {failure !== undefined && (
        <p class="quiet">
          <Foreign text={failure.message} /> <Foreign text={failure.hint} />
        </p>
      )}
      {log !== undefined && log.lines.length > 0 && <Lines lines={lines} search={search} from={from} until={until} />}
      {log !== undefined && log.lines.length === 0 && service !== undefined && <NoLines service={service.name} />}
      {workstream === undefined && <p class="quiet">There is no workstream of that name.</p>}
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
  const command = `stack-env run --service ${printable(service)} -- npm run dev`;
  return (
    <div class="empty">
      <h3>Nothing was written yet</h3>
      <p>The output of a service is kept when it runs in a container, or is started by stack-env:</p>
      <p class="command">
        <code>{command}</code>
        <Copy text={command} what="the command" />
      </p>
    </div>
  );
};
