import type { Static } from 'typebox';
import { expect, expectTypeOf, test } from 'vitest';
import type { SettingsFile } from '../../../src/config/settings.generated.ts';
import type { settingsSchema } from '../../../src/config/settings.schema.ts';
import { mergeSettings, type SettingSources, xdgFolder } from '../../../src/config/settings.ts';

const merge = (given: Partial<SettingSources> = {}, content: SettingsFile = {}) =>
  mergeSettings({
    flags: {},
    environment: {},
    file: { path: '/home/me/.config/sidings/config.json', directory: '/home/me/.config/sidings', content },
    cwd: '/code/project-3',
    home: '/home/me',
    ...given,
  });

const codeOf = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
};

test('the defaults are loopback, ports 80 and 443 with TLS, localhost', () => {
  const { sources, ...values } = merge();
  expect(values).toEqual({
    httpPort: 80,
    httpsPort: 443,
    tls: true,
    certificateDirectory: '/home/me/.local/state/sidings/certs',
    bind: ['127.0.0.1', '::1'],
    roots: [],
    trustedRoots: [],
    suffixes: ['localhost'],
    stateDirectory: '/home/me/.local/state/sidings',
    docker: true,
    upstreamHost: 'localhost',
    responseTimeout: 300,
    history: 2000,
    lanes: 'fast',
    logLevel: 'info',
    accessLog: false,
    file: '/home/me/.config/sidings/config.json',
  });
  expect(new Set(Object.values(sources))).toEqual(new Set(['default']));
});

test('a flag wins over a variable, a variable over the file, the file over the default', () => {
  const environment = { SIDINGS_HTTP_PORT: '8081' };
  const content = { httpPort: 8082 };
  const flagged = merge({ flags: { httpPort: '8080' }, environment }, content);
  expect([flagged.httpPort, flagged.sources.httpPort]).toEqual([8080, '--http-port']);
  const set = merge({ environment }, content);
  expect([set.httpPort, set.sources.httpPort]).toEqual([8081, 'SIDINGS_HTTP_PORT']);
  const filed = merge({}, content);
  expect([filed.httpPort, filed.sources.httpPort]).toEqual([8082, '/home/me/.config/sidings/config.json']);
});

test('every setting is read from each of its places', () => {
  const fromFlags = merge({
    flags: {
      httpPort: '0',
      httpsPort: '8443',
      tls: false,
      certsDir: '~/certs',
      bind: ['::1'],
      root: ['..', '~/x'],
      suffix: ['test', 'test'],
      stateDir: 'state',
      docker: false,
      upstreamHost: 'host.docker.internal',
      responseTimeout: '0.5',
      history: '10',
      lanes: 'full',
      logLevel: 'debug',
      accessLog: true,
    },
  });
  const fromVariables = merge({
    environment: {
      SIDINGS_HTTP_PORT: '0',
      SIDINGS_HTTPS_PORT: '8443',
      SIDINGS_TLS: '0',
      SIDINGS_CERTS_DIR: '~/certs',
      SIDINGS_BIND: '::1',
      SIDINGS_ROOT: '..:~/x',
      SIDINGS_SUFFIX: 'test, test',
      SIDINGS_STATE_DIR: 'state',
      SIDINGS_DOCKER: '0',
      SIDINGS_UPSTREAM_HOST: 'host.docker.internal',
      SIDINGS_RESPONSE_TIMEOUT: '0.5',
      SIDINGS_HISTORY: '10',
      SIDINGS_LANES: 'full',
      SIDINGS_LOG_LEVEL: 'debug',
      SIDINGS_ACCESS_LOG: '1',
    },
  });
  const { sources, ...values } = fromFlags;
  expect(values).toMatchObject({
    httpPort: 0,
    httpsPort: 8443,
    tls: false,
    certificateDirectory: '/home/me/certs',
    bind: ['::1'],
    roots: ['/code', '/home/me/x'],
    suffixes: ['test'],
    stateDirectory: '/code/project-3/state',
    docker: false,
    upstreamHost: 'host.docker.internal',
    responseTimeout: 0.5,
    history: 10,
    lanes: 'full',
    logLevel: 'debug',
    accessLog: true,
  });
  expect({ ...fromVariables, sources }).toEqual(fromFlags);
  expect(Object.values(sources).every((source) => source.startsWith('--'))).toBe(true);
  expect(Object.values(fromVariables.sources).every((source) => source.startsWith('SIDINGS_'))).toBe(true);

  const fromFile = merge(
    {},
    {
      httpPort: 0,
      httpsPort: 8443,
      tls: { cert: 'cert.pem', key: '~/key.pem' },
      certificateDirectory: 'certs',
      bind: ['::1'],
      roots: ['../code', '~/x'],
      suffixes: ['test'],
      stateDirectory: 'state',
      docker: false,
      upstreamHost: 'host.docker.internal',
      history: 10,
      proxy: { responseTimeout: 0.5, lanes: 'full' },
      log: { level: 'debug', access: true },
    },
  );
  expect(fromFile).toMatchObject({
    httpsPort: 8443,
    tls: { cert: '/home/me/.config/sidings/cert.pem', key: '/home/me/key.pem' },
    certificateDirectory: '/home/me/.config/sidings/certs',
    roots: ['/home/me/.config/code', '/home/me/x'],
    stateDirectory: '/home/me/.config/sidings/state',
    docker: false,
    upstreamHost: 'host.docker.internal',
    responseTimeout: 0.5,
    lanes: 'full',
    logLevel: 'debug',
    accessLog: true,
  });
});

test('one port is for both, wherever it is named, and a port of its own wins', () => {
  const ports = (given: Partial<SettingSources>, content: SettingsFile = {}) => {
    const { httpPort, httpsPort, sources } = merge(given, content);
    return [httpPort, sources.httpPort, httpsPort, sources.httpsPort];
  };
  expect(ports({ flags: { port: '8443' } }, { port: 1 })).toEqual([8443, '--port', 8443, '--port']);
  expect(ports({ environment: { SIDINGS_PORT: '8443' } }, { port: 1 })).toEqual([
    8443,
    'SIDINGS_PORT',
    8443,
    'SIDINGS_PORT',
  ]);
  const file = '/home/me/.config/sidings/config.json';
  expect(ports({ environment: { SIDINGS_PORT: '' } }, { port: 8443 })).toEqual([8443, file, 8443, file]);
  expect(ports({ flags: { port: '8443', httpPort: '8080' } })).toEqual([8080, '--http-port', 8443, '--port']);
});

test('the port for TLS goes with the one for clear text', () => {
  const beside = (httpPort: string) => merge({ flags: { httpPort } }).httpsPort;
  expect([80, 8080, 0, 65535].map(String).map(beside)).toEqual([443, 8443, 0, 0]);
});

test('a certificate of ones own is a pair, and a checkout has a folder for certificates', () => {
  const { tls, sources } = merge({ flags: { tlsCert: 'cert.pem', tlsKey: '~/key.pem' } });
  expect([tls, sources.tls]).toEqual([{ cert: '/code/project-3/cert.pem', key: '/home/me/key.pem' }, '--tls-cert']);
  for (const flags of [{ tlsCert: 'cert.pem' }, { tlsKey: 'key.pem' }])
    expect(codeOf(() => merge({ flags }))).toMatchObject({ code: 'config-invalid' });
  expect(merge({ checkoutCertificates: '/code/sidings/certs' }).certificateDirectory).toBe('/code/sidings/certs');
});

test('trust is given by the file only, and stays when a flag names other roots', () => {
  const content = { roots: ['/a', { directory: '/b', trusted: true }, { directory: '/c' }] };
  expect(merge({}, content)).toMatchObject({ roots: ['/a', '/b', '/c'], trustedRoots: ['/b'] });
  expect(merge({ flags: { root: ['/a'] } }, content)).toMatchObject({ roots: ['/a'], trustedRoots: ['/b'] });
});

test('an empty variable counts as absent; SIDINGS_ACCESS_LOG=0 turns the log off', () => {
  expect(merge({ environment: { SIDINGS_HTTP_PORT: '' } }).httpPort).toBe(80);
  expect(merge({ environment: { SIDINGS_ACCESS_LOG: '0' } }, { log: { access: true } }).accessLog).toBe(false);
});

test('XDG folders must be absolute', () => {
  expect(merge({ environment: { XDG_STATE_HOME: '/var/me' } }).stateDirectory).toBe('/var/me/sidings');
  expect(merge({ environment: { XDG_STATE_HOME: 'here' } }).stateDirectory).toBe('/home/me/.local/state/sidings');
  expect([xdgFolder(undefined), xdgFolder(''), xdgFolder('/x')]).toEqual([undefined, undefined, '/x']);
});

test.each([
  [{ environment: { SIDINGS_HTTP_PORT: '65536' } }, {}, 'SIDINGS_HTTP_PORT: 65536 is not a port.'],
  [{ flags: { httpPort: '8o' } }, {}, '--http-port: 8o is not a port.'],
  [{ flags: { bind: ['localhost'] } }, {}, '--bind: localhost is not an IP address.'],
  [{ environment: { SIDINGS_SUFFIX: '*.localhost' } }, {}, 'SIDINGS_SUFFIX: *.localhost is not a suffix.'],
  [{ flags: { upstreamHost: 'a b' } }, {}, '--upstream-host: a b is not a host.'],
  [{ environment: { SIDINGS_UPSTREAM_HOST: 'a..b' } }, {}, 'SIDINGS_UPSTREAM_HOST: a..b is not a host.'],
  [{ flags: { responseTimeout: '1m' } }, {}, '--response-timeout: 1m is not a time.'],
  [{ environment: { SIDINGS_RESPONSE_TIMEOUT: '0' } }, {}, 'SIDINGS_RESPONSE_TIMEOUT: 0 is not a time.'],
  [{ flags: { lanes: 'slow' } }, {}, '--lanes: slow names no lanes.'],
  [{ flags: { logLevel: 'loud' } }, {}, '--log-level: loud is not a log level.'],
  [{ environment: { SIDINGS_ACCESS_LOG: 'maybe' } }, {}, 'SIDINGS_ACCESS_LOG: maybe is neither true nor false.'],
  [{}, { suffixes: ['-a'] }, '/home/me/.config/sidings/config.json: -a is not a suffix.'],
])('a wrong value is named with its source: %j %j', (given, content, message) => {
  expect(codeOf(() => merge(given, content))).toMatchObject({ code: 'config-invalid', exitCode: 2, message });
});

test('the type that is written out is that of the schema', () => {
  expectTypeOf<SettingsFile>().toEqualTypeOf<Static<typeof settingsSchema>>();
});
