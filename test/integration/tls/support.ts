import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkServerIdentity, connect, createServer, type PeerCertificate, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';

/** A folder that is removed with the test. */
export const temporaryFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'sidings-tls-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

export interface Result {
  /** undefined where the command does not exist. */
  readonly code: number | undefined;
  readonly output: string;
}

/** Runs a command without a shell and gives its exit code and what it printed. */
export const run = (command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Result> =>
  new Promise((resolve) => {
    const child = execFile(
      command,
      args,
      { env: { ...process.env, ...env }, timeout: 60_000 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
        resolve({ code, output: stdout + stderr });
      },
    );
    child.stdin?.end();
  });

/** A TLS server that answers `hello` to anything; gives its port and the server. */
export const startTlsServer = async (options: TlsOptions) => {
  const server = createServer(options, (socket) => {
    socket.on('error', () => {});
    socket.end('hello');
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
};

/** One handshake with verification; gives the certificate, rejects with the reason why it was not accepted. */
export const handshake = (
  port: number,
  { ca, servername, checkName = servername }: { ca: string; servername: string; checkName?: string },
): Promise<PeerCertificate> =>
  new Promise((resolve, reject) => {
    const socket = connect(
      {
        port,
        host: '127.0.0.1',
        ca,
        servername,
        checkServerIdentity: (_, peer) => checkServerIdentity(checkName, peer),
      },
      () => {
        resolve(socket.getPeerCertificate());
        socket.end();
      },
    );
    socket.on('error', reject);
    socket.resume();
  });

const onPath = (command: string): boolean =>
  (process.env.PATH ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, command)));

/** Whether a test must be skipped because a command is missing here; in CI, nothing is skipped. */
export const lacks = (command: string): boolean => process.env.CI !== 'true' && !onPath(command);
