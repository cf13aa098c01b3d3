import { fail, SidingsError } from '../../model/problem.ts';
import { describeOwner } from '../../registry/describe-owner.ts';
import { reasonOf } from '../../resolver/regular-file.ts';

/** The error for what kept a port from being bound; any other error as it is. */
export const explainBinding = async (error: unknown): Promise<unknown> => {
  const {
    code,
    syscall,
    address = '',
    port = 0,
  } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (error instanceof SidingsError || syscall !== 'listen') return error;
  if (code === 'EACCES') return fail('port-privileged', { port });
  if (code !== 'EADDRINUSE') return fail('bind-failed', { port, address, reason: reasonOf(error) });
  const owner = await describeOwner(port, address);
  return fail('port-in-use', { port, address, owner: owner === undefined ? '' : ` by ${owner}` });
};
