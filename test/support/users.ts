import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './folder.ts';

/** Whether the tests run as root, who can become anybody. */
export const isRoot = process.getuid?.() === 0;

/** A user without any rights. */
const nobody = 65534;

/** What makes a process that of an ordinary user: this one's, or nobody's where this one is root. */
export const ordinary = isRoot ? { uid: nobody, gid: nobody } : {};

/** The environment that sudo gives to a command, as far as Sidings looks at it. Only root can be lent root. */
export const sudoEnvironment = { SUDO_UID: String(nobody), SUDO_GID: String(nobody) };

/** A folder with the home of an ordinary user in it, and one for commands. */
export const ordinaryHome = async () => {
  const folder = await temporaryFolder();
  await chmod(folder, 0o755);
  const [home, tools] = [join(folder, 'home'), join(folder, 'tools')];
  for (const path of [home, tools]) await mkdir(path);
  if (isRoot) await chown(home, nobody, nobody);
  return { folder, home, tools };
};
