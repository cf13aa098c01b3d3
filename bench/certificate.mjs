import { execFileSync } from 'node:child_process';
import { hostname } from './peers/peer.mjs';

/** For the peers that bring none of their own: the files of a certificate and its key, in a folder. */
export const makeCertificate = (folder) => {
  const certificate = { file: `${folder}/certificate.pem`, key: `${folder}/key.pem` };
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', `/CN=${hostname}`, '-addext', `subjectAltName=DNS:${hostname}`];
  const files = ['-keyout', certificate.key, '-out', certificate.file];
  execFileSync('openssl', ['req', ...kind, ...names, ...files], { stdio: 'ignore' });
  return certificate;
};
