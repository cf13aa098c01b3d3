/** A port that a compose file publishes on the host. */
export interface PublishedPort {
  readonly service: string;
  /** The variable that moves it: `${POSTGRES_PORT:-5432}`. */
  readonly variable: string | undefined;
  /** Port on the host when the variable is not set. */
  readonly port: number;
  readonly container: number;
  readonly written: Publication;
}

/** What `.env` says, for `${VAR}` without a default. */
type Lookup = (variable: string) => string | undefined;

/** An entry of `ports:` that publishes on the host, as it is written. */
export interface Publication {
  readonly service: string;
  /** Its place in the list. */
  readonly index: number;
  /** What stands before the port on the host: `127.0.0.1:`. */
  readonly address: string;
  readonly host: string;
  readonly container: string;
  readonly protocol: string;
  /** In the long syntax, as a map. */
  readonly isLong: boolean;
}

/** Everything that a compose file publishes, in its order. Whatever is not as compose wants it is left out. */
export const publications = (content: unknown): readonly Publication[] =>
  Object.entries(record(record(content).services)).flatMap(([service, description]) => {
    const { ports } = record(description);
    return (Array.isArray(ports) ? ports : []).flatMap((entry: unknown, index) => {
      const published = typeof entry === 'string' ? shortSyntax(entry) : longSyntax(entry);
      return published === undefined ? [] : [{ service, index, ...published }];
    });
  });

/** The published TCP ports in the content of a compose file, as numbers. */
export const publishedPorts = (content: unknown, lookup: Lookup): readonly PublishedPort[] =>
  publications(content).flatMap((written) => numbersOf(written, lookup) ?? []);

/** What is published beside them: ranges, UDP, and what nothing gives a number. With port 0 the machine gives any that is free. */
export const otherPublications = (content: unknown, lookup: Lookup): readonly Publication[] =>
  publications(content).filter((written) => !/^0*$/.test(written.host) && numbersOf(written, lookup) === undefined);

const numbersOf = (written: Publication, lookup: Lookup): PublishedPort | undefined => {
  const host = hostPort(written.host, lookup);
  const container = hostPort(written.container, lookup)?.port;
  if (written.protocol !== 'tcp' || host === undefined || container === undefined) return undefined;
  return { service: written.service, ...host, container, written };
};

/** The line that publishes the same with another port on the host. */
export const publishedAt = ({ address, container, protocol, isLong }: Publication, host: string): string => {
  const ending = protocol === 'tcp' ? '' : `/${protocol}`;
  return isLong ? `published: "${host}"` : `"${address}${host}:${container}${ending}"`;
};

type Entry = Omit<Publication, 'service' | 'index'>;

/** `8000:80`, `127.0.0.1:${PORT:-8000}:80/tcp`. */
const shortSyntax = (entry: string): Entry | undefined => {
  const [mapping = '', protocol = 'tcp'] = splitOutside(entry, '/');
  const parts = splitOutside(mapping, ':');
  const [host, container] = parts.slice(-2);
  if (parts.length < 2 || host === undefined || container === undefined) return undefined;
  const address = parts
    .slice(0, -2)
    .map((part) => `${part}:`)
    .join('');
  return { address, host, container, protocol, isLong: false };
};

const longSyntax = (entry: unknown): Entry | undefined => {
  const { published, target, protocol = 'tcp' } = record(entry);
  if (published === undefined || target === undefined) return undefined;
  const [host, container] = [String(published), String(target)];
  return { address: '', host, container, protocol: String(protocol), isLong: true };
};

/** Splits where a character stands outside of `${…}`. */
const splitOutside = (text: string, separator: string): readonly string[] => {
  const parts = [''];
  let depth = 0;
  for (const char of text) {
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    if (char === separator && depth === 0) parts.push('');
    else parts[parts.length - 1] += char;
  }
  return parts;
};

/** A port, or one variable with a port as its default, which may be another variable with one. */
const hostPort = (text: string, lookup: Lookup): Pick<PublishedPort, 'variable' | 'port'> | undefined => {
  if (/^\d{1,5}$/.test(text)) {
    const port = Number(text);
    return port >= 1 && port <= 65535 ? { variable: undefined, port } : undefined;
  }
  // Longer ones are no ports, and each default inside another is one more call.
  if (text.length > 200) return undefined;
  const [, braced, rest = '', plain] = /^\$(?:\{([A-Za-z_]\w*)([^\n]*)\}|([A-Za-z_]\w*))$/.exec(text) ?? [];
  const variable = braced ?? plain;
  if (variable === undefined) return undefined;
  const fallback = /^:?-(.*)$/.exec(rest)?.[1] ?? lookup(variable);
  const port = fallback === undefined ? undefined : hostPort(fallback, () => undefined)?.port;
  return port === undefined ? undefined : { variable, port };
};

export const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
