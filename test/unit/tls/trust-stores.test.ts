import { X509Certificate } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import type { RootCertificate } from '../../../src/tls/certificate-folder.ts';
import { createRoot } from '../../../src/tls/root.ts';
import { macosStore } from '../../../src/tls/trust-stores/macos.ts';
import { entries } from '../../../src/tls/trust-stores/nss.ts';
import { describeStep, displayName, fileName, type Machine } from '../../../src/tls/trust-stores/trust-store.ts';
import { windowsStore } from '../../../src/tls/trust-stores/windows.ts';

const root: RootCertificate = {
  file: '/certs/root-1/certificate.pem',
  certificate: new X509Certificate(
    createRoot({ owner: 'ada@host', suffixes: ['localhost'], now: Date.now() }).certificate,
  ),
};
const thumbprint = root.certificate.fingerprint.replaceAll(':', '');

/** A machine whose commands answer as told; what was run is kept as text. */
const machine = (platform: NodeJS.Platform, answer: (command: string) => { code?: number; stdout?: string }) => {
  const run = vi.fn<Machine['run']>(async (command) => ({
    code: 0,
    stdout: '',
    stderr: '',
    ...answer(command.join(' ')),
  }));
  return { platform, home: '/home/ada', environment: {}, at: '/', run };
};

describe('macOS', () => {
  const withCode = (code: number, stdout = '') => macosStore(machine('darwin', () => ({ code, stdout })));

  test('the system says whether the root is trusted', async () => {
    expect(await withCode(0).status(root)).toEqual({ kind: 'trusted' });
    expect(await withCode(1).status(root)).toEqual({ kind: 'missing' });
  });

  test('the root is trusted for TLS only, in the keychain of the system', async () => {
    expect((await withCode(1).install(root)).map(describeStep)).toEqual([
      `sudo security add-trusted-cert -d -r trustRoot -p ssl -p basic -k /Library/Keychains/System.keychain ${root.file}`,
    ]);
  });

  test('it is taken out whole, where it is', async () => {
    expect((await withCode(0, `SHA-1 hash: ${thumbprint}\n`).uninstall(root)).map(describeStep)).toEqual([
      `sudo security remove-trusted-cert -d ${root.file}`,
      `sudo security delete-certificate -Z ${thumbprint} /Library/Keychains/System.keychain`,
    ]);
    expect(await withCode(0, 'SHA-1 hash: 00\n').uninstall(root)).toEqual([]);
    expect(await withCode(44).uninstall(root)).toEqual([]);
  });
});

describe('Windows', () => {
  test('the store of the user needs no administrator, and is changed by the thumbprint', async () => {
    const present = windowsStore(machine('win32', () => ({ code: 0 })));
    const absent = windowsStore(machine('win32', () => ({ code: 2148073489 })));
    expect(await present.status(root)).toEqual({ kind: 'trusted' });
    expect(await absent.status(root)).toEqual({ kind: 'missing' });
    expect((await absent.install(root)).map(describeStep)).toEqual([`certutil.exe -user -addstore Root ${root.file}`]);
    expect((await present.uninstall(root)).map(describeStep)).toEqual([
      `certutil.exe -user -delstore Root ${thumbprint}`,
    ]);
    expect(await absent.uninstall(root)).toEqual([]);
  });
});

test('the list of an NSS database is read', () => {
  const list = `
Certificate Nickname                                         Trust Attributes
                                                             SSL,S/MIME,JAR/XPI

Sidings jürgen@host c13095ec                                C,,  
Sidings ada@host 11223344 - Sidings development root         CT,C,C
a name that is longer than all of the sixty characters that certutil gives it ,,
not trusted                                                  p,p,p
`;
  expect(entries(list)).toEqual([
    { nickname: 'Sidings jürgen@host c13095ec', trusted: true },
    { nickname: 'Sidings ada@host 11223344 - Sidings development root', trusted: true },
    { nickname: 'a name that is longer than all of the sixty characters that certutil gives it', trusted: false },
    { nickname: 'not trusted', trusted: false },
  ]);
  expect(entries('certutil: function failed: SEC_ERROR_BAD_DATABASE')).toEqual([]);
  expect(entries('')).toEqual([]);
});

test('a root has a name for people and one for files', () => {
  expect(displayName(root)).toMatch(/^Sidings ada@host [0-9a-f]{8}$/);
  expect(fileName(root)).toMatch(/^sidings-[0-9a-f]{16}$/);
});

test('a step is shown as one would type it, and nothing in it acts on the terminal or the shell', () => {
  const show = (...command: [string, ...string[]]) => describeStep({ command, asRoot: false });
  expect(show('install', '-m', '0644', '/a/b.pem')).toBe('install -m 0644 /a/b.pem');
  expect(show('rm', '/my folder/$(x)')).toBe("rm '/my folder/$(x)'");
  expect(show('rm', "it's")).toBe(`rm 'it'\\''s'`);
  expect(show('rm', '')).toBe("rm ''");
  expect(show('rm', '/a\u001b[2J')).toBe("rm '/a\\u{1b}[2J'");
  expect(describeStep({ command: ['update-ca-certificates'], asRoot: true })).toBe('sudo update-ca-certificates');
});
