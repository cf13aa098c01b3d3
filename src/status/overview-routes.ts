import type { Requests } from '../model/requests.ts';
import type { State } from '../model/workstream.ts';
import type { AddRoute } from './route.ts';
import { type PlacedProblem, wrapped } from './schemas.ts';

/** What all workstreams are doing, at a glance. */
export const addOverviewRoutes = (add: AddRoute, state: () => State, requests: Requests): void => {
  const traffic = {
    summary: 'What each workstream was asked for in the last minute',
    response: { 200: wrapped('workstreams', 'WorkstreamTraffic', 'One entry for each workstream.') },
  };
  add('traffic', traffic, () => ({
    workstreams: state().workstreams.map(({ name, directory }) => ({
      name,
      directory,
      ...requests.traffic(directory),
    })),
  }));

  const problems = {
    summary: 'All problems, those that belong to no workstream first',
    response: { 200: wrapped('problems', 'PlacedProblem', 'What was found.') },
  };
  add('problems', problems, () => ({ problems: problemsOf(state()) }));
};

const problemsOf = ({ problems, workstreams }: State): readonly PlacedProblem[] => [
  ...problems,
  ...workstreams.flatMap(({ name, problems: own }) => own.map((problem) => ({ ...problem, workstream: name }))),
];
