import { userInfo } from 'node:os';

/** The user who typed `sudo sidings start`: everything but binding ports is done as that user. */
export interface Invoker {
  readonly identity: { readonly home: string };
  readonly user: { readonly uid: number; readonly gid: number };
  /** Does a piece of work as root. */
  readonly asRoot: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Gives root up for good. */
  readonly dropRoot: () => void;
}

/** Node's types leave one of them out. */
type PosixProcess = NodeJS.Process & { readonly initgroups?: (user: number, group: number) => void };

const id = (text: string | undefined): number | undefined =>
  text !== undefined && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;

/**
 * Becomes the invoking user where root was given by sudo (SUDO_UID, SUDO_GID; sudo(8)), so that every file that is made belongs to that
 * user; undefined where there is nothing to give up. The way back stays open until `dropRoot`.
 */
export const becomeInvoker = (environment: Readonly<Record<string, string | undefined>>): Invoker | undefined => {
  const { geteuid, initgroups, setegid, seteuid, setgid, setuid }: PosixProcess = process;
  const uid = id(environment.SUDO_UID);
  const gid = id(environment.SUDO_GID);
  if (geteuid?.() !== 0 || uid === undefined || gid === undefined) return undefined;
  if (!initgroups || !setegid || !seteuid || !setgid || !setuid) return undefined;

  // Without it the groups of root would stay.
  initgroups(uid, gid);
  setegid(gid);
  seteuid(uid);

  return {
    // It asks for the effective user: the invoker's entry in the password database.
    identity: { home: userInfo().homedir },
    user: { uid, gid },
    asRoot: async (work) => {
      seteuid(0);
      try {
        return await work();
      } finally {
        seteuid(uid);
      }
    },
    dropRoot: () => {
      seteuid(0);
      setgid(gid);
      setuid(uid);
    },
  };
};
