import { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Settings } from '../../../config/settings.ts';
import { problem, warning } from '../../../model/problem.ts';
import { rootCertificateFile } from '../../../model/root-certificate.ts';
import { readRegularFile } from '../../../resolver/regular-file.ts';
import { generationsIn, keyFile, readGeneration, refuseOrphan } from '../../../tls/certificate-folder.ts';
import { readOwnCertificate } from '../../../tls/own-certificate.ts';
import { judgeRoot } from '../../../tls/root.ts';
import { namesOf } from '../hosts-block.ts';
import { type Check, type Finding, ofProblem, ok, type Scene, warn, wrong } from './finding.ts';

/** An own certificate is nobody's to renew but its maker's. */
const soonMs = 14 * 24 * 60 * 60 * 1000;

/** The certificate that TLS begins with: our root, or one of the user's own. */
export const rootCheck: Check = {
  name: 'root',
  look: async (scene) => {
    const { tls } = scene.settings;
    if (tls === false) return [ok('TLS is off, so no certificate is needed.')];
    return tls === true ? lookAtRoot(scene.settings) : lookAtOwn(tls, scene);
  },
};

const day = (time: string): string => new Date(time).toISOString().slice(0, 10);

const lookAtRoot = async (
  { certificateDirectory: folder, suffixes }: Settings,
  now = Date.now(),
): Promise<readonly Finding[]> => {
  const generation = (await generationsIn(folder)).at(-1);
  if (generation === undefined) {
    await refuseOrphan(folder);
    const { message, hint } = problem('root-certificate-missing', { folder });
    return [warn(message, hint)];
  }
  const { certificate, key } = await readGeneration(folder, generation);
  const file = rootCertificateFile(folder);
  const findings: Finding[] = [];
  const verdict = judgeRoot(certificate, key, suffixes, now);
  if (verdict.kind === 'good')
    findings.push(ok(`The root certificate in ${folder} is good until ${day(certificate.validTo)}.`));
  if (verdict.kind === 'damaged')
    findings.push(ofProblem(problem('root-certificate-damaged', { folder, file, reason: verdict.reason })));
  if (verdict.kind === 'early') {
    const [from, today] = [day(certificate.validFrom), new Date(now).toISOString()];
    findings.push(ofProblem(problem('root-certificate-early', { file, from, now: today })));
  }
  if (verdict.kind === 'renew') {
    const judge = now >= Date.parse(certificate.validTo) ? wrong : warn;
    const hint = 'Start sidings again, which makes a new one, then run: sidings trust';
    findings.push(judge(`The root certificate in ${folder} has to be replaced: ${verdict.reason}.`, hint));
  }

  if (!(await isCertificate(file, certificate)))
    findings.push(
      wrong(`${file} is not the newest root certificate.`, 'Start sidings again: it writes the file anew.'),
    );
  const exposed = process.platform !== 'win32' && ((await stat(keyFile(folder, generation))).mode & 0o077) !== 0;
  if (exposed)
    findings.push(ofProblem(warning('key-exposed', { could: 'can read', file: keyFile(folder, generation), folder })));
  return findings;
};

/** Whether a file that clients are told to trust holds a certificate. */
const isCertificate = async (file: string, { fingerprint256 }: X509Certificate): Promise<boolean> => {
  try {
    return new X509Certificate(await readRegularFile(file)).fingerprint256 === fingerprint256;
  } catch {
    return false;
  }
};

const lookAtOwn = async (
  files: { readonly cert: string; readonly key: string },
  { settings, workstreams }: Scene,
): Promise<readonly Finding[]> => {
  const certificate = new X509Certificate((await readOwnCertificate(files)).cert);
  const until = day(certificate.validTo);
  const findings = [
    Date.parse(certificate.validTo) - Date.now() > soonMs
      ? ok(`${files.cert} is used instead of a root of ours, and is good until ${until}.`)
      : warn(`${files.cert} ends on ${until}.`, 'Make the pair anew.'),
  ];
  const names = namesOf(workstreams, settings.suffixes);
  const uncovered = names.filter((name) => certificate.checkHost(name) === undefined);
  if (uncovered.length > 0) {
    const message = `${files.cert} is not made for ${uncovered.length} of ${names.length} names, such as ${uncovered[0]}.`;
    findings.push(warn(message, 'Make it for all of them, or take tls.cert and tls.key out of the configuration.'));
  }
  return findings;
};
