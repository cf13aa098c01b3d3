import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { RequestDetail } from '../../model/requests.ts';
import { Copy, Foreign, Icon } from './basics.tsx';
import { ask, type Failure } from './live.ts';
import { bytes, clock, duration } from './text/format.ts';
import { hashOf } from './text/place.ts';
import { outcome, statusWord, timing } from './text/requests.ts';

/** One request with its heads and its times. */
export const Detail = ({
  id,
  close,
}: {
  readonly id: string;
  /** Where the list is without it. */
  readonly close: string;
}): JSX.Element => {
  const [request, setRequest] = useState<RequestDetail>();
  const [failure, setFailure] = useState<Failure>();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const life = new AbortController();
    ask<RequestDetail>(`/api/requests/${encodeURIComponent(id)}`, life.signal)
      .then((answered) => {
        if ('body' in answered) setRequest(answered.body);
        else setFailure(answered.failure);
        title.current?.focus();
      })
      .catch(() => {});
    return () => life.abort();
  }, [id]);
  return (
    <aside class="detail" aria-labelledby="detail-title">
      <header>
        <h3 id="detail-title" tabIndex={-1} ref={title}>
          {request === undefined ? 'Request' : <Title request={request} />}
        </h3>
        <a class="button bare" href={close} aria-label="Close" title="Close (Esc)">
          <Icon name="close" />
        </a>
      </header>
      {failure !== undefined && (
        <p class="quiet">
          <Foreign text={failure.message} /> <Foreign text={failure.hint} />
        </p>
      )}
      {request !== undefined && <Body request={request} />}
    </aside>
  );
};

const Title = ({ request }: { readonly request: RequestDetail }) => (
  <>
    <span class={`status ${outcome(request)}`}>{statusWord(request.status)}</span> <Foreign text={request.method} />{' '}
    <span class="path">
      <Foreign text={request.path} />
    </span>
  </>
);

const Body = ({ request }: { readonly request: RequestDetail }) => {
  const { host, protocol, startedAt, durationMs, bytesIn, bytesOut, error, workstream, service, id, curl } = request;
  const { waitedMs, receivedMs, share } = timing(request);
  const facts: readonly (readonly [string, JSX.Element | string])[] = [
    ['Host', <Foreign text={host} />],
    ...(workstream === undefined
      ? []
      : [
          [
            'Service',
            <>
              <Foreign text={workstream} /> · <Foreign text={service ?? ''} />
            </>,
          ] as const,
        ]),
    ['Protocol', <Foreign text={protocol} />],
    ['Started', clock(startedAt, true)],
    ['Sent', bytes(bytesIn)],
    ['Received', bytes(bytesOut)],
    ['Id', <Foreign text={id} code />],
  ];
  return (
    <>
      <p class="actions">
        <Copy text={curl} what="as a curl command" label="Copy as curl" />
        {workstream !== undefined && service !== undefined && (
          <a
            class="button"
            href={hashOf('logs', {
              workstream,
              service,
              from: String(startedAt),
              until: String(Math.ceil(startedAt + durationMs)),
            })}
          >
            Log of that moment
          </a>
        )}
      </p>
      {error !== undefined && (
        <p class="problem error">
          Ended with <Foreign text={error} code />
        </p>
      )}
      <div class="timing" aria-hidden="true">
        <span class="waited" style={{ width: `${share}%` }} />
      </div>
      <p class="quiet">
        {duration(waitedMs)} until the first byte, {duration(receivedMs)} until the last: {duration(durationMs)}
      </p>
      <dl>
        {facts.map(([word, value]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Head title="Request" fields={request.requestHeaders} />
      <Head title="Response" fields={request.responseHeaders} />
    </>
  );
};

const Head = ({ title, fields }: { readonly title: string; readonly fields: RequestDetail['requestHeaders'] }) => (
  <section class="head">
    <h4>{title} headers</h4>
    {fields.length === 0 ? (
      <p class="quiet">None.</p>
    ) : (
      <dl>
        {fields.map(([name, value]) => (
          <div>
            <dt>
              <Foreign text={name} />
            </dt>
            <dd>
              <Foreign text={value} />
            </dd>
          </div>
        ))}
      </dl>
    )}
  </section>
);
