import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { RequestSummary } from '../../model/requests.ts';
import { printable } from '../../model/text.ts';
import type { State } from '../../model/workstream.ts';
import { Foreign, Icon, Unseen } from './basics.tsx';
import { Detail } from './detail.tsx';
import { ask, type Failure, useStream } from './live.ts';
import { bytes, clock, duration } from './text/format.ts';
import { hashOf, queryOf } from './text/place.ts';
import { merged, outcome, statusWord } from './text/requests.ts';
import { inOrder } from './text/view.ts';

type Chosen = Readonly<Record<string, string>>;

/** Rows that are shown at most. */
const maxRows = 300;
/** Requests that come within so many milliseconds are shown together. */
const gatherMs = 150;
/** Milliseconds after the last key before the filter acts. */
const typingMs = 250;

const filters = ['workstream', 'service', 'method', 'status', 'path'] as const;

/** The requests that fit, newest first, and what comes of them while it is shown. */
const useRequests = (query: string, paused: boolean) => {
  const [rows, setRows] = useState<readonly RequestSummary[]>();
  const [failure, setFailure] = useState<Failure>();
  const [round, setRound] = useState(0);
  const waiting = useRef<RequestSummary[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  useEffect(() => {
    const life = new AbortController();
    const load = async (): Promise<void> => {
      const answered = await ask<{ requests: readonly RequestSummary[] }>(
        `/api/requests?${query}${query === '' ? '' : '&'}limit=${maxRows}`,
        life.signal,
      );
      if ('failure' in answered) setFailure(answered.failure);
      else {
        setFailure(undefined);
        setRows((before) => merged(answered.body.requests, round === 0 ? [] : (before ?? []), maxRows));
      }
    };
    load().catch(() => {});
    return () => life.abort();
  }, [query, round]);
  // Those of another filter are not shown under this one.
  useEffect(
    () => () => {
      setRows(undefined);
      waiting.current = [];
    },
    [query],
  );
  useEffect(() => () => clearTimeout(timer.current), []);

  const show = (): void => {
    timer.current = undefined;
    const arrived = waiting.current.reverse();
    waiting.current = [];
    setRows((before) => merged(arrived, before ?? [], maxRows));
  };
  const again = (): void => setRound((before) => before + 1);
  const connection = useStream(paused ? undefined : `/api/requests/events?${query}`, {
    open: again,
    request: (data) => {
      waiting.current.push(JSON.parse(data) as RequestSummary);
      timer.current ??= setTimeout(show, gatherMs);
    },
    lost: again,
  });
  return { rows, failure, connection };
};

const statuses = [
  ['', 'Any status'],
  ['error', 'Failed'],
  ['5xx', '5xx'],
  ['4xx', '4xx'],
  ['3xx', '3xx'],
  ['2xx', '2xx'],
] as const;

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

const Choice = ({
  label,
  value,
  options,
  choose,
}: {
  label: string;
  value: string | undefined;
  options: readonly (readonly [value: string, label: string])[];
  choose: (value: string) => void;
}) => {
  // What is chosen may be gone, or may have come by a link.
  const isKnown = value === undefined || options.some(([known]) => known === value);
  return (
    <label class="field">
      <Unseen>{label}</Unseen>
      <select value={value ?? ''} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {printable(text)}
          </option>
        ))}
        {!isKnown && <option value={value}>{printable(value)}</option>}
      </select>
    </label>
  );
};

const go = (chosen: Readonly<Record<string, string | undefined>>): void => {
  location.hash = hashOf('requests', chosen);
};

/** What went through the proxy. */
export const Requests = ({ state, chosen }: { readonly state: State; readonly chosen: Chosen }): JSX.Element => {
  const [paused, setPaused] = useState(false);
  const query = queryOf(Object.fromEntries(filters.map((name) => [name, chosen[name]])));
  const { rows, failure } = useRequests(query, paused);
  const { id, ...filter } = chosen;
  const isFiltered = query !== '';

  const workstreams = useMemo(() => inOrder(state.workstreams).map(({ name }) => name), [state]);
  const services = useMemo(() => {
    const of = state.workstreams.filter(({ name }) => filter.workstream === undefined || name === filter.workstream);
    return [...new Set(of.flatMap((workstream) => workstream.services))].filter(({ kind }) => kind === 'http');
  }, [state, filter.workstream]);
  const serviceNames = [...new Set(services.map(({ name }) => name))];
  const set = (name: string, value: string): void => go({ ...filter, [name]: value });

  useEffect(() => {
    if (id === undefined) return undefined;
    const closed = ({ key }: KeyboardEvent): void => {
      if (key === 'Escape') go(filter);
    };
    addEventListener('keydown', closed);
    return () => removeEventListener('keydown', closed);
  }, [id, query]);

  return (
    <section aria-labelledby="requests-title" class="requests">
      <h2 id="requests-title">Requests</h2>
      <search class="bar">
        <Choice
          label="Workstream"
          value={filter.workstream}
          options={[['', 'All workstreams'], ...workstreams.map((name) => [name, name] as const)]}
          choose={(value) => go({ ...filter, workstream: value, service: undefined })}
        />
        <Choice
          label="Service"
          value={filter.service}
          options={[['', 'All services'], ...serviceNames.map((name) => [name, name] as const)]}
          choose={(value) => set('service', value)}
        />
        <Choice
          label="Method"
          value={filter.method}
          options={[['', 'Any method'], ...methods.map((name) => [name, name] as const)]}
          choose={(value) => set('method', value)}
        />
        <Choice label="Status" value={filter.status} options={statuses} choose={(value) => set('status', value)} />
        <PathFilter value={filter.path ?? ''} choose={(value) => set('path', value)} />
        {isFiltered && <a href={hashOf('requests')}>Clear</a>}
        <span class="grow" />
        <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? 'Continue' : 'Pause'}
        </button>
        <a class="button" href={`/api/har?${query}`} download="sidings.har">
          <Icon name="down" /> HAR
        </a>
      </search>
      <div class={id === undefined ? 'split' : 'split open'}>
        <div class="list">
          {failure !== undefined && (
            <p class="quiet">
              <Foreign text={failure.message} /> <Foreign text={failure.hint} />
            </p>
          )}
          {rows !== undefined && rows.length > 0 && <Rows rows={rows} filter={filter} id={id} />}
          {rows !== undefined && rows.length === 0 && <NoRequests isFiltered={isFiltered} state={state} />}
        </div>
        {id !== undefined && <Detail key={id} id={id} close={hashOf('requests', filter)} />}
      </div>
    </section>
  );
};

const PathFilter = ({ value, choose }: { value: string; choose: (value: string) => void }) => {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <label class="field text">
      <Icon name="search" />
      <Unseen>Path contains</Unseen>
      <input
        type="search"
        placeholder="Path contains …"
        defaultValue={value}
        onInput={({ currentTarget }) => {
          clearTimeout(timer.current);
          timer.current = setTimeout(() => choose(currentTarget.value), typingMs);
        }}
      />
    </label>
  );
};

const Rows = ({ rows, filter, id }: { rows: readonly RequestSummary[]; filter: Chosen; id: string | undefined }) => (
  <table>
    <caption class="unseen">Requests, newest first</caption>
    <thead>
      <tr>
        {['Time', 'Status', 'Method', 'Address', 'Took', 'Size'].map((head) => (
          <th key={head} scope="col" class={head.toLowerCase()}>
            {head}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {rows.map((row) => (
        <tr key={row.id} class={`${outcome(row)}${row.id === id ? ' chosen' : ''}`}>
          <td class="time">{clock(row.startedAt)}</td>
          <td class="status">{statusWord(row.status)}</td>
          <td class="method">
            <Foreign text={row.method} />
          </td>
          <td class="address">
            <a href={hashOf('requests', { ...filter, id: row.id })} aria-current={row.id === id ? 'true' : undefined}>
              <Foreign text={row.path} />
            </a>
            <span class="quiet">
              {row.workstream === undefined ? (
                <Foreign text={row.host} />
              ) : (
                <>
                  <Foreign text={row.workstream} /> · <Foreign text={row.service ?? ''} />
                </>
              )}
              {row.error !== undefined && (
                <>
                  {' · '}
                  <span class="error">
                    <Foreign text={row.error} />
                  </span>
                </>
              )}
            </span>
          </td>
          <td class="took">{duration(row.durationMs)}</td>
          <td class="size">{bytes(row.bytesOut)}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

const NoRequests = ({ isFiltered, state }: { readonly isFiltered: boolean; readonly state: State }) => {
  const url = inOrder(state.workstreams)
    .flatMap(({ services }) => services)
    .find((service) => service.state === 'up' && service.url !== undefined)?.url;
  return (
    <div class="empty">
      <h3>{isFiltered ? 'No request fits the filter' : 'No requests yet'}</h3>
      <p>
        {isFiltered
          ? 'The last requests are kept, as many as the setting `history` says. New ones that fit appear here.'
          : 'What goes through the proxy appears here as it ends. Requests to a port itself pass it by.'}
      </p>
      {!isFiltered && url !== undefined && (
        <p>
          Try one:{' '}
          <a href={url} target="_blank" rel="noreferrer">
            {url}
          </a>
        </p>
      )}
    </div>
  );
};
