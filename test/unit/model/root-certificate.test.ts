import { expect, test } from 'vitest';
import { rootCertificateFile } from '../../../src/model/root-certificate.ts';

test('the root certificate lies in the certificate folder', () => {
  expect(rootCertificateFile('/code/sidings/certs')).toBe('/code/sidings/certs/root.pem');
});
