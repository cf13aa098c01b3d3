import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { printable } from '../../model/text.ts';
import { withLentRoot } from '../../resolver/lent-root.ts';
import type { RootCertificate } from '../certificate-folder.ts';

/** One place where programs look up which roots they trust. Nothing in here changes anything: changes are steps, to be shown first. */
export interface TrustStore {
  /** What a person calls it: `Debian, Ubuntu`, or the folder of a database. */
  readonly name: string;
  readonly status: (root: RootCertificate) => Promise<StoreStatus>;
  /** What makes the root trusted; asked for only where the status is `missing`. */
  readonly install: (root: RootCertificate) => Promise<readonly Step[]>;
  /** What takes it out again; empty where it is not in there. */
  readonly uninstall: (root: RootCertificate) => Promise<readonly Step[]>;
}

export type StoreStatus =
  /** `removal`: what a person can do to take it out, where Sidings does not. */
  | { readonly kind: 'trusted'; readonly removal?: string }
  | { readonly kind: 'missing' }
  /** Sidings does not change it; the advice says what a person can do. */
  | { readonly kind: 'manual'; readonly advice: string }
  /** It cannot be looked at; the advice says what that takes. */
  | { readonly kind: 'unknown'; readonly advice: string };

/** One command, run without a shell. */
export interface Step {
  readonly command: readonly [string, ...string[]];
  /** Needs the rights of root, so it runs by sudo unless we are root. */
  readonly asRoot: boolean;
}

/** What the stores are found by. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder that absolute paths begin at: `/`, or another one in tests. */
  readonly at: string;
  readonly run: Run;
}

export type Run = (command: readonly [string, ...string[]]) => Promise<Outcome>;

export interface Outcome {
  /** Undefined when the command could not be started or had to be killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Java needs a second, updating the store of a system some seconds; more means that it waits for something. */
const usualTimeoutMs = 60_000;
const maxOutput = 4 * 1024 * 1024;

export interface RunnerOptions {
  /** Whom a process that has the rights of root, or lent ones, becomes for the command. */
  readonly identity?: { readonly uid: number; readonly gid: number } | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
}

/**
 * Runs commands without a shell, without input and without a terminal: one that would ask for a password fails instead of waiting.
 * Never rejects.
 */
export const commandRunner =
  ({ identity, environment = process.env, timeoutMs = usualTimeoutMs }: RunnerOptions = {}): Run =>
  ([file, ...args]) =>
    new Promise((resolve) => {
      const child = withLentRoot(() =>
        spawn(file, args, {
          stdio: ['ignore', 'pipe', 'pipe'],
          env: { ...environment },
          // In a session of its own it has no terminal to ask on. Windows would open a window for it.
          detached: process.platform !== 'win32',
          // The timer of `timeout` would hold the process up where the command cannot be started.
          signal: AbortSignal.timeout(timeoutMs),
          killSignal: 'SIGKILL',
          ...identity,
        }),
      );
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (data) => {
        if (stdout.length < maxOutput) stdout += data;
      });
      child.stderr.setEncoding('utf8').on('data', (data) => {
        if (stderr.length < maxOutput) stderr += data;
      });
      child.on('error', (error) => resolve({ code: undefined, stdout, stderr: error.message }));
      child.on('close', (code) => resolve({ code: code ?? undefined, stdout, stderr }));
    });

/** As the user that this process is. */
export const runCommand: Run = commandRunner();

/** As root, at the terminal, where sudo asks for the password. */
export const runWithSudo: Run = (command) =>
  new Promise((resolve) => {
    const child = spawn('sudo', ['--', ...command], { stdio: 'inherit' });
    child.on('error', ({ message }) => resolve({ code: undefined, stdout: '', stderr: message }));
    child.on('close', (code) => resolve({ code: code ?? undefined, stdout: '', stderr: '' }));
  });

/** The full path of a command, or undefined where there is none. */
export const findCommand = async (name: string, path: string | undefined): Promise<string | undefined> => {
  for (const folder of (path ?? '').split(delimiter)) {
    if (folder === '') continue;
    const file = join(folder, name);
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
};

/** The name that people see in lists of certificates; every root of ours has another. */
export const displayName = ({ certificate }: RootCertificate): string =>
  /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? certificate.fingerprint256;

/** A name for files and aliases: `sidings-` and the beginning of the fingerprint. */
export const fileName = ({ certificate }: RootCertificate): string =>
  `sidings-${certificate.fingerprint256.replaceAll(':', '').slice(0, 16).toLowerCase()}`;

/** A command as one would type it. */
export const describeCommand = (command: readonly string[]): string => command.map(quoted).join(' ');

/** A step as one would type it, with sudo where it needs root. */
export const describeStep = ({ command, asRoot }: Step): string =>
  describeCommand(asRoot ? ['sudo', ...command] : command);

const quoted = (text: string): string =>
  printable(/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
