import { join } from 'node:path';
import { describeCommand, fileName, findCommand, type Machine, type TrustStore } from './trust-store.ts';

/**
 * The store of a Java installation. It belongs to that installation and is lost with its next update, so it is only told how, not
 * changed. Undefined where there is no Java.
 */
export const javaStore = async ({ environment, run }: Machine): Promise<TrustStore | undefined> => {
  const { JAVA_HOME: home, PATH: path } = environment;
  const keytool =
    (home ? await findCommand('keytool', join(home, 'bin')) : undefined) ?? (await findCommand('keytool', path));
  if (keytool === undefined) return undefined;
  // The password of every store that nobody has changed.
  const store = ['-cacerts', '-storepass', 'changeit'];
  return {
    name: `Java (${keytool})`,
    status: async (root) => {
      const { code, stdout } = await run([keytool, '-list', ...store, '-alias', fileName(root)]);
      if (code === 0 && stdout.includes(root.certificate.fingerprint256)) {
        const removal = describeCommand([keytool, '-delete', ...store, '-alias', fileName(root)]);
        return { kind: 'trusted', removal: `To take it out, run: ${removal}` };
      }
      const command = [keytool, '-importcert', '-noprompt', ...store, '-alias', fileName(root), '-file', root.file];
      return { kind: 'manual', advice: `If you use Java, run: ${describeCommand(command)}` };
    },
    install: async () => [],
    uninstall: async () => [],
  };
};
