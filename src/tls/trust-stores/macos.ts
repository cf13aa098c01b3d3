import type { Machine, TrustStore } from './trust-store.ts';

const keychain = '/Library/Keychains/System.keychain';

/** The system keychain of macOS, which Safari, Chrome, Firefox and curl use. */
export const macosStore = ({ run }: Machine): TrustStore => ({
  name: 'the system (macOS)',
  status: async ({ file }) => {
    const { code } = await run(['security', 'verify-cert', '-q', '-L', '-l', '-p', 'ssl', '-c', file]);
    return { kind: code === 0 ? 'trusted' : 'missing' };
  },
  install: async ({ file }) => [
    {
      // Named policies: without them, the root would also be trusted to sign programs and mail.
      command: [
        ...(['security', 'add-trusted-cert', '-d', '-r', 'trustRoot'] as const),
        ...['-p', 'ssl', '-p', 'basic', '-k', keychain, file],
      ],
      asRoot: true,
    },
  ],
  uninstall: async ({ file, certificate }) => {
    const thumbprint = certificate.fingerprint.replaceAll(':', '');
    const { code, stdout } = await run(['security', 'find-certificate', '-a', '-Z', keychain]);
    if (code !== 0 || !stdout.includes(thumbprint)) return [];
    return [
      { command: ['security', 'remove-trusted-cert', '-d', file], asRoot: true },
      { command: ['security', 'delete-certificate', '-Z', thumbprint, keychain], asRoot: true },
    ];
  },
});
