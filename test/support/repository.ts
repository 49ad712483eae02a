// Where the repository is, seen from a test's bundle in build/test.
export { inRepository } from '../../tools/repository.mjs';
