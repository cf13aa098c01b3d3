import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startSidings } from '../support/commands.ts';
import { temporaryFolder } from '../support/folder.ts';
import { needs } from '../support/requirements.ts';
import { runToEnd } from './run-to-end.ts';

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

// Protocols, ciphers, forward secrecy, server's choices, certificate, headers, vulnerabilities; without the imitation of old clients,
// which takes as long as all of these.
const parts = [
  '--protocols',
  '--std',
  '--pfs',
  '--server-preference',
  '--server-defaults',
  '--headers',
  '--vulnerable',
];

test('testssl.sh finds nothing above LOW, except that a private root revokes nothing', {
  timeout: 300_000,
}, async (context) => {
  needs(context, 'testssl');
  const folder = await temporaryFolder();
  const { httpsPort } = await startSidings(['--root', folder], { cwd: folder });
  const report = join(folder, 'report.json');
  const args = [
    ...['--quiet', '--color=0', '--warnings=batch', '--nodns=none', '--ip=127.0.0.1', `--jsonfile=${report}`],
    ...[`--add-ca=${join(folder, '.certs/root.pem')}`, ...parts, `https://localhost:${httpsPort}`],
  ];
  const { output } = await runToEnd('testssl', args, {}, 280_000);
  const findings = JSON.parse(await readFile(report, 'utf8').catch(() => expect.fail(output))) as readonly Finding[];
  // It asks openssl to keep a TLS 1.3 ticket, with an end of input that makes openssl leave, often before the ticket is there:
  // what it cannot look at then is no finding. We resume no sessions.
  // Nor that an openssl of Debian without its recommended packages has no GOST ciphers to try, which no client of ours has either.
  const notLookedAt = ['WARN sessionresumption_ticket', 'WARN engine_problem'];
  const bad = findings.filter(
    ({ id, severity }) => !['OK', 'INFO', 'LOW'].includes(severity) && !notLookedAt.includes(`${severity} ${id}`),
  );
  expect(bad.map(({ id, severity, finding }) => `${severity} ${id}: ${finding}`)).toEqual([
    'HIGH cert_revocation: Neither CRL nor OCSP URI provided',
  ]);
  const good = findings.flatMap(({ id, severity }) => (severity === 'OK' ? [id] : []));
  // The first and the last thing that it looked at, and that it found the root good.
  expect(good).toEqual(expect.arrayContaining(['SSLv2', 'TLS1_3', 'cert_chain_of_trust', 'heartbleed', 'RC4']));
});
