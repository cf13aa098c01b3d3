import { useEffect, useRef, useState } from 'preact/hooks';

/** Milliseconds after which a stream that the browser gave up is opened again. */
const retryMs = 2000;

/** `lost`: it was open, or should be, and is tried again. */
export type Connection = 'connecting' | 'open' | 'lost';

/** Calls when the page begins to be seen, and when it ends to; gives the function that ends that. */
const onVisibility = (changed: (visible: boolean) => void): (() => void) => {
  const tell = (): void => changed(document.visibilityState === 'visible');
  document.addEventListener('visibilitychange', tell);
  return () => document.removeEventListener('visibilitychange', tell);
};

/** What is done with a stream: `open` at each beginning, then each event by its name. */
export type Listeners = { readonly open?: () => void } & Readonly<Record<string, ((data: string) => void) | undefined>>;

/**
 * Follows a stream of server-sent events for as long as it is shown, through restarts of the daemon. A tab that nobody sees follows
 * nothing: a browser allows six connections to a host. Another address, or undefined, ends the stream before it.
 */
export const useStream = (url: string | undefined, listeners: Listeners): Connection => {
  const [connection, setConnection] = useState<Connection>('connecting');
  const latest = useRef(listeners);
  latest.current = listeners;
  const names = Object.keys(listeners).join();

  useEffect(() => {
    if (url === undefined) return undefined;
    let source: EventSource | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const end = (): void => {
      clearTimeout(retry);
      source?.close();
    };
    const begin = (): void => {
      end();
      const opened = new EventSource(url);
      source = opened;
      opened.addEventListener('open', () => {
        setConnection('open');
        latest.current.open?.();
      });
      for (const name of names.split(','))
        if (name !== 'open')
          opened.addEventListener(name, ({ data }: MessageEvent<string>) => latest.current[name]?.(data));
      opened.addEventListener('error', () => {
        setConnection('lost');
        // After an answer that is no stream the browser gives up; we do not.
        if (opened.readyState === EventSource.CLOSED) retry = setTimeout(begin, retryMs);
      });
    };
    // Also when it is not seen yet: it is to have its content when it is.
    begin();
    const endVisibility = onVisibility((visible) => (visible ? begin() : end()));
    return () => {
      endVisibility();
      end();
    };
  }, [url, names]);
  return connection;
};

/** Why there is no answer, in words. */
export interface Failure {
  readonly message: string;
  readonly hint: string;
}

export type Answered<Body> = { readonly body: Body } | { readonly failure: Failure };

/** Asks the API. Rejects only when it was ended. */
export const ask = async <Body>(path: string, signal: AbortSignal): Promise<Answered<Body>> => {
  try {
    const response = await fetch(path, { signal });
    const body: unknown = await response.json();
    if (response.ok) return { body: body as Body };
    const { message, hint } = body as Partial<Failure>;
    return { failure: { message: message ?? `The API answered ${response.status}.`, hint: hint ?? '' } };
  } catch (error) {
    if (signal.aborted) throw error;
    return { failure: { message: 'Sidings does not answer.', hint: '' } };
  }
};

/**
 * What the API says at a path, asked again every so many milliseconds while the page is seen. What was known stays when it
 * does not answer.
 */
export const usePolled = <Body>(path: string, everyMs: number): Body | undefined => {
  const [body, setBody] = useState<Body>();
  useEffect(() => {
    const life = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking = false;
    const look = async (): Promise<void> => {
      clearTimeout(timer);
      if (asking || life.signal.aborted) return;
      asking = true;
      try {
        const answered = await ask<Body>(path, life.signal);
        if ('body' in answered) setBody(answered.body);
      } catch {
        return;
      } finally {
        asking = false;
      }
      if (document.visibilityState === 'visible') timer = setTimeout(() => void look(), everyMs);
    };
    void look();
    const endVisibility = onVisibility((visible) => (visible ? void look() : clearTimeout(timer)));
    return () => {
      life.abort();
      endVisibility();
      clearTimeout(timer);
    };
  }, [path, everyMs]);
  return body;
};

/** The time now, again and again. */
export const useNow = (everyMs: number): number => {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
};
