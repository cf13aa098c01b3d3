import { SidingsError } from '../../../model/problem.ts';
import { report } from '../../report.ts';
import { type CommonOptions, type FoundCopy, openCopy } from '../inspect.ts';

/** The copy that a command is about. Where two folders have its slot and its name, nothing is done with either. */
export const openOwnCopy = async (options: CommonOptions): Promise<FoundCopy> => {
  const found = await openCopy(options);
  const { problems } = found.copy;
  const error = problems.find(({ severity }) => severity === 'error');
  if (error !== undefined) throw new SidingsError(error);
  report(problems);
  return found;
};
