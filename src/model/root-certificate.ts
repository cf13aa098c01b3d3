/** Where a certificate folder holds the root certificate that clients are told to trust. */
export const rootCertificateFile = (folder: string): string => `${folder}/root.pem`;
