import { request } from 'node:http';
import type { Service, Workstream } from '../../../model/workstream.ts';
import { type Check, count, type Finding, list, ok, type Scene, warn, wrong } from './finding.ts';

const patienceMs = 3000;
/** What a server says of a host that it refuses is at the beginning of its answer. */
const longestAnswer = 64 * 1024;

/**
 * Where development servers refuse hosts before they look at a path, and Next.js origins that it does not know; elsewhere it is a path
 * that hardly anybody has, so that no page is made for it.
 */
const path = '/__nextjs_original-stack-frames';

export interface ServerAnswer {
  readonly status: number;
  /** Its beginning. */
  readonly body: string;
}

/** A server that refuses hosts. */
interface HostCheck {
  readonly server: string;
  readonly statuses: readonly number[];
  /** What it answers with. */
  readonly mark: RegExp;
  /** What lets the names under a suffix in. */
  readonly mend: (suffix: string) => string;
}

const hostChecks: readonly HostCheck[] = [
  {
    server: 'Vite',
    statuses: [403],
    mark: /^Blocked request\. This host /,
    mend: (suffix) => `Set server.allowedHosts to ['.${suffix}'] in vite.config.`,
  },
  {
    server: 'webpack-dev-server',
    // Version 4 says 200.
    statuses: [403, 200],
    mark: /^Invalid Host header$/,
    mend: (suffix) => `Set devServer.allowedHosts to ['.${suffix}'] in webpack.config.`,
  },
  {
    server: 'Rails',
    statuses: [403],
    mark: /Blocked hosts?: /,
    mend: (suffix) =>
      `Add to config/environments/development.rb: config.hosts << /.+\\.${suffix.replaceAll('.', '\\.')}/`,
  },
  {
    server: 'Django',
    statuses: [400],
    mark: /DisallowedHost|Invalid HTTP_HOST header/,
    mend: (suffix) => `Set ALLOWED_HOSTS to ['.${suffix}'] in the settings of development.`,
  },
  {
    server: 'TrustedHostMiddleware',
    statuses: [400],
    mark: /^Invalid host header$/,
    mend: (suffix) => `Add '*.${suffix}' to its allowed_hosts.`,
  },
  {
    server: 'Next.js',
    statuses: [403],
    mark: /^Unauthorized$/,
    mend: (suffix) => `Set allowedDevOrigins to ['**.${suffix}'] in next.config.`,
  },
];

/** Pure: who refuses a host, by an answer. */
export const hostCheckOf = ({ status, body }: ServerAnswer): HostCheck | undefined =>
  hostChecks.find(({ statuses, mark }) => statuses.includes(status) && mark.test(body.trim()));

/** Whether the servers of live services take requests for all of their hostnames: many refuse names that they were not told of. */
export const hostChecksCheck: Check = {
  name: 'host checks',
  look: async ({ workstreams, settings: { suffixes } }) => {
    const services = workstreams.flatMap((workstream) =>
      workstream.services
        .filter(({ url, state }) => url !== undefined && state === 'up')
        .map((service) => ({ workstream, service })),
    );
    const findings = await Promise.all(services.map((place) => lookAtService(place, suffixes)));
    const refusals = findings.filter((finding) => finding !== undefined);
    if (refusals.length > 0) return refusals;
    const asked = count(services.length, 'service');
    return [
      ok(
        services.length === 0
          ? 'No service is up, so none was asked.'
          : `Asked ${asked} by every hostname: none is refused.`,
      ),
    ];
  },
};

interface Place {
  readonly workstream: Workstream;
  readonly service: Service;
}

const lookAtService = async (
  { workstream, service }: Place,
  suffixes: Scene['settings']['suffixes'],
): Promise<Finding | undefined> => {
  const refused: { readonly hostname: string; readonly check: HostCheck }[] = [];
  const taken: string[] = [];
  // One after the other: a server may be busy with what it is asked first.
  for (const url of service.urls) {
    const answer = await ask(service.upstream, url);
    // Whoever does not answer, or speaks something else, refuses nobody.
    if (answer === undefined) return undefined;
    const check = await refusalOf(answer, service.upstream);
    if (check === undefined) taken.push(url);
    else refused.push({ hostname: new URL(url).hostname, check });
  }
  const [first] = refused;
  if (first === undefined) return undefined;
  const { server, mend } = first.check;
  const names = list(refused.map(({ hostname }) => hostname));
  const message = `${service.name} of ${workstream.name} (${server}) refuses requests for ${names}.`;
  const own = suffixes.filter((suffix) => refused.some(({ hostname }) => hostname.endsWith(`.${suffix}`)));
  const mends = own.map(mend);
  const hint = taken[0] === undefined ? mends.join(' ') : `${mends.join(' ')} It takes ${taken[0]}.`;
  // The canonical address is the one that everybody is told.
  return (taken[0] === service.url ? warn : wrong)(message, hint);
};

/** Many an API answers like Next.js when nobody has signed in. */
const refusalOf = async (answer: ServerAnswer, upstream: string): Promise<HostCheck | undefined> => {
  const check = hostCheckOf(answer);
  if (check?.server !== 'Next.js') return check;
  const usual = await ask(upstream, `http://${upstream}`);
  return usual !== undefined && hostCheckOf(usual) === check ? undefined : check;
};

/** What a server answers to a request as the proxy passes it on for an address; undefined where it is no answer. */
const ask = async (upstream: string, url: string): Promise<ServerAnswer | undefined> => {
  const { hostname, port } = new URL(`http://${upstream}`);
  const { host, origin, protocol } = new URL(url);
  const headers = {
    host,
    ...(host !== upstream && { origin, 'x-forwarded-host': host, 'x-forwarded-proto': protocol.slice(0, -1) }),
    accept: 'text/html, */*',
  };
  const to = { host: hostname.replace(/^\[|\]$/g, ''), port, path, headers, agent: false };
  try {
    return await new Promise((resolve, reject) => {
      const outgoing = request({ ...to, signal: AbortSignal.timeout(patienceMs) }, (response) => {
        let body = '';
        const end = (): void => {
          outgoing.destroy();
          resolve({ status: response.statusCode ?? 0, body });
        };
        response
          .setEncoding('utf8')
          .on('data', (text: string) => {
            body += text;
            if (body.length >= longestAnswer) end();
          })
          .once('end', end)
          .once('error', reject);
      });
      outgoing.once('error', reject).end();
    });
  } catch {
    return undefined;
  }
};
