import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { describeEndpoint, type EndpointInput, endpointsOf } from '../../../../src/providers/docker/endpoints.ts';

const home = '/home/me';
const idOf = (name: string) => createHash('sha256').update(name).digest('hex');

const find = (
  environment: EndpointInput['environment'],
  files: Readonly<Record<string, unknown>> = {},
  more: Partial<EndpointInput> = {},
) =>
  endpointsOf({
    environment,
    home,
    platform: 'linux',
    uid: 1000,
    read: async (file) => (Object.hasOwn(files, file) ? String(files[file]) : undefined),
    ...more,
  });

const context = (name: string, meta: unknown, folder = '/home/me/.docker') => ({
  [`${folder}/contexts/meta/${idOf(name)}/meta.json`]: JSON.stringify(meta),
});

test.each([
  ['unix:///x/docker.sock', { kind: 'socket', path: '/x/docker.sock' }],
  ['npipe:////./pipe/x', { kind: 'socket', path: '//./pipe/x' }],
  ['tcp://127.0.0.1:2375', { kind: 'tcp', host: '127.0.0.1', port: 2375, tls: undefined }],
  ['127.0.0.1:1234', { kind: 'tcp', host: '127.0.0.1', port: 1234, tls: undefined }],
  ['tcp://[::1]', { kind: 'tcp', host: '::1', port: 2375, tls: undefined }],
  ['http://box', { kind: 'tcp', host: 'box', port: 80, tls: undefined }],
  ['https://box', { kind: 'tcp', host: 'box', port: 443, tls: undefined }],
  ['ssh://me@box:2222', { kind: 'ssh', host: 'box', port: 2222, user: 'me' }],
  ['ssh://box', { kind: 'ssh', host: 'box', port: undefined, user: undefined }],
])('DOCKER_HOST=%s is the only one', async (host, endpoint) => {
  expect(await find({ DOCKER_HOST: host, DOCKER_CONTEXT: 'other' })).toEqual([endpoint]);
});

test.each(['unix://', 'ftp://box', 'tcp://', 'tcp://a b', 'fd://'])('DOCKER_HOST=%s is none', async (host) => {
  expect(await find({ DOCKER_HOST: host })).toEqual([]);
});

test('TLS is where its variables say', async () => {
  const tls = async (environment: EndpointInput['environment']) => {
    const [endpoint] = await find({ DOCKER_HOST: 'tcp://box', ...environment });
    return endpoint;
  };
  expect(await tls({ DOCKER_TLS_VERIFY: '1' })).toEqual({
    kind: 'tcp',
    host: 'box',
    port: 2376,
    tls: { folder: '/home/me/.docker', verify: true },
  });
  expect(await tls({ DOCKER_CERT_PATH: '/certs' })).toMatchObject({ tls: { folder: '/certs', verify: false } });
});

test('DOCKER_CONTEXT is the only one, whatever the usual one is', async () => {
  const files = context('far', { Endpoints: { docker: { Host: 'ssh://box' } } }, '/cfg');
  expect(await find({ DOCKER_CONTEXT: 'far', DOCKER_CONFIG: '/cfg' }, files)).toEqual([
    { kind: 'ssh', host: 'box', port: undefined, user: undefined },
  ]);
  expect(await find({ DOCKER_CONTEXT: 'gone' })).toEqual([]);
});

test('a context brings its own certificates', async () => {
  const meta = { Endpoints: { docker: { Host: 'tcp://box:2376' } } };
  const folder = `/home/me/.docker/contexts/tls/${idOf('far')}/docker`;
  const files = { ...context('far', meta), [`${folder}/ca.pem`]: 'x' };
  expect(await find({ DOCKER_CONTEXT: 'far' }, files)).toMatchObject([{ tls: { folder, verify: true } }]);
  const trusting = context('far', { Endpoints: { docker: { Host: 'tcp://box', SkipTLSVerify: true } } });
  expect(await find({ DOCKER_CONTEXT: 'far' }, trusting)).toMatchObject([{ port: 2376, tls: { verify: false } }]);
});

test('without a variable, the current context comes before the usual sockets', async () => {
  const files = {
    '/home/me/.docker/config.json': '{"currentContext":"mine"}',
    ...context('mine', { Endpoints: { docker: { Host: 'unix:///run/user/1000/docker.sock' } } }),
  };
  const paths = (await find({}, files)).map(describeEndpoint);
  expect(paths[0]).toBe('/run/user/1000/docker.sock');
  expect(paths.filter((path) => path === paths[0])).toHaveLength(1);
});

test('the sockets of every program that brings an engine', async () => {
  const expected = [
    '/var/run/docker.sock',
    '/run/user/1000/docker.sock',
    '/home/me/.docker/run/docker.sock',
    '/home/me/.docker/desktop/docker.sock',
    '/home/me/.colima/default/docker.sock',
    '/home/me/.config/colima/default/docker.sock',
    '/home/me/.orbstack/run/docker.sock',
    '/home/me/.rd/docker.sock',
    '/home/me/.lima/docker/sock/docker.sock',
    '/run/user/1000/podman/podman.sock',
    '/run/podman/podman.sock',
    '/home/me/.local/share/containers/podman/machine/podman.sock',
  ];
  const paths = async (...args: Parameters<typeof find>) => (await find(...args)).map(describeEndpoint);
  expect(await paths({})).toEqual(expected);
  for (const config of [
    '{',
    '7',
    '{"currentContext":"default"}',
    '{"currentContext":7}',
    '{"currentContext":"gone"}',
  ]) {
    expect(await paths({}, { '/home/me/.docker/config.json': config })).toEqual(expected);
  }
  expect(
    await paths({ DOCKER_CONTEXT: 'default' }, { '/home/me/.docker/config.json': '{"currentContext":"gone"}' }),
  ).toEqual(expected);
  const moved = await paths({ XDG_RUNTIME_DIR: '/run/me', XDG_CONFIG_HOME: '/cfg', COLIMA_HOME: '/colima' });
  expect(moved).toEqual(
    expect.arrayContaining(['/run/me/docker.sock', '/cfg/colima/default/docker.sock', '/colima/default/docker.sock']),
  );
  expect(await paths({ XDG_RUNTIME_DIR: 'relative' }, {}, { uid: undefined })).not.toContain('relative/docker.sock');
  expect(await paths({}, {}, { platform: 'win32', uid: undefined })).toEqual([
    '//./pipe/docker_engine',
    '//./pipe/podman-machine-default',
  ]);
});

test('endpoints as text', () => {
  expect(describeEndpoint({ kind: 'tcp', host: 'box', port: 2375, tls: undefined })).toBe('tcp://box:2375');
  expect(describeEndpoint({ kind: 'ssh', host: 'box', port: 22, user: 'me' })).toBe('ssh://box');
});
