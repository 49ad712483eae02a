// Where the repository is, seen from a test's bundle in build/test.
export { inRepository, repositoryRoot } from '../../tools/repository.mjs';
