import { expect, test } from 'vitest';
import { hostChecksCheck } from '../../../src/cli/sidings/doctor/host-checks.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { sceneIn } from '../../support/scene.ts';
import { startRawUpstream, startUpstream } from '../../support/upstream.ts';
import { serviceOf, workstreamOf } from '../../support/workstreams.ts';

const hostnames = ['project-3.web.dev.test', 'web.project-3.dev.test', 'project-3-web.dev.test'];
const urls = hostnames.map((hostname) => `https://${hostname}:8443`);

const look = async (port: number, state: 'up' | 'down' = 'up') => {
  const upstream = `127.0.0.1:${port}`;
  const service = serviceOf({ name: 'web', port, upstream, state, url: urls[0] as string, urls });
  const folder = await temporaryFolder();
  const workstreams = [workstreamOf({ services: [service] })];
  return hostChecksCheck.look(await sceneIn(folder, { workstreams, flags: { suffix: ['localhost', 'dev.test'] } }));
};

/** Refuses what `isAllowed` does not allow, as a server does that is no more here than its answer. */
const refusing = (status: number, body: (host: string) => string, isAllowed: (host: string) => boolean = () => false) =>
  startUpstream((request, response) => {
    const host = request.headers.host ?? '';
    response.statusCode = isAllowed(host) ? 404 : status;
    response.end(isAllowed(host) ? 'Not found' : body(host));
  });

const names = 'project-3.web.dev.test, web.project-3.dev.test and project-3-web.dev.test';

test.each([
  [
    'webpack-dev-server',
    403,
    () => 'Invalid Host header',
    "Set devServer.allowedHosts to ['.dev.test'] in webpack.config.",
  ],
  [
    'webpack-dev-server',
    200,
    () => 'Invalid Host header',
    "Set devServer.allowedHosts to ['.dev.test'] in webpack.config.",
  ],
  [
    'Rails',
    403,
    (host: string) => `<!DOCTYPE html>\n<html><body><header><h1>Blocked hosts: ${host}</h1></header></body></html>`,
    'Add to config/environments/development.rb: config.hosts << /.+\\.dev\\.test/',
  ],
  [
    'Django',
    400,
    (host: string) =>
      `<!DOCTYPE html><title>DisallowedHost at /</title><pre>Invalid HTTP_HOST header: &#x27;${host}&#x27;.</pre>`,
    "Set ALLOWED_HOSTS to ['.dev.test'] in the settings of development.",
  ],
  ['TrustedHostMiddleware', 400, () => 'Invalid host header', "Add '*.dev.test' to its allowed_hosts."],
])('%s is told by its answer, with what lets the names in', async (server, status, body, hint) => {
  const { port } = await refusing(status, body);
  expect(await look(port)).toEqual([
    { level: 'error', message: `web of project-3 (${server}) refuses requests for ${names}.`, hint },
  ]);
});

test('Next.js is told by the origins that it refuses, and from an API that wants a sign-in', async () => {
  const next = await startUpstream(({ headers: { origin = '' } }, response) => {
    response.statusCode = origin.endsWith('.dev.test:8443') ? 403 : 400;
    response.end(response.statusCode === 403 ? 'Unauthorized' : '');
  });
  expect(await look(next.port)).toEqual([
    {
      level: 'error',
      message: `web of project-3 (Next.js) refuses requests for ${names}.`,
      hint: "Set allowedDevOrigins to ['**.dev.test'] in next.config.",
    },
  ]);
  const api = await refusing(403, () => 'Unauthorized');
  expect(await look(api.port)).toMatchObject([{ level: 'ok' }]);
});

test('an address that works is named; where it is the canonical one, the others are no error', async () => {
  const oneLabel = await refusing(
    403,
    () => 'Blocked hosts: …',
    (host) => host.startsWith('project-3-web.'),
  );
  expect(await look(oneLabel.port)).toMatchObject([
    { level: 'error', hint: expect.stringMatching(/It takes https:\/\/project-3-web\.dev\.test:8443\.$/) },
  ]);
  const canonical = await refusing(
    403,
    () => 'Invalid Host header',
    (host) => host.startsWith('project-3.web.'),
  );
  expect(await look(canonical.port)).toMatchObject([
    {
      level: 'warning',
      message:
        'web of project-3 (webpack-dev-server) refuses requests for web.project-3.dev.test and project-3-web.dev.test.',
    },
  ]);
});

test('a server that takes all of its names is fine, and so is one that is down or speaks something else', async () => {
  const taking = await refusing(
    500,
    () => '',
    () => true,
  );
  const [finding] = await look(taking.port);
  expect(finding).toEqual({ level: 'ok', message: 'Asked 1 service by every hostname: none is refused.' });
  expect(await look(1)).toMatchObject([{ level: 'ok' }]);
  const other = await startRawUpstream((_, socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
  expect(await look(other.port)).toMatchObject([{ level: 'ok' }]);
  expect(await look(taking.port, 'down')).toEqual([{ level: 'ok', message: 'No service is up, so none was asked.' }]);
});

test('the request is the one that the proxy passes on, and of an endless answer only the beginning is read', async () => {
  const seen: string[] = [];
  const endless = await startUpstream(({ headers }, response) => {
    seen.push(`${headers.host} ${headers.origin} ${headers['x-forwarded-host']} ${headers['x-forwarded-proto']}`);
    response.statusCode = 403;
    response.write('Blocked request. This host is not allowed.');
    const more = (): void => {
      if (!response.destroyed) response.write('x'.repeat(16_384), more);
    };
    more();
  });
  expect(await look(endless.port)).toMatchObject([
    { level: 'error', hint: "Set server.allowedHosts to ['.dev.test'] in vite.config." },
  ]);
  expect(seen).toEqual(hostnames.map((name) => `${name}:8443 https://${name}:8443 ${name}:8443 https`));
});
