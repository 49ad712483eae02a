// A series of questions with a way back and a shortcut to the end, about one draft. Pure; how one is asked is ui/wizard.ts's.

/** What a step answers: its value and where the user goes with it (`finish`: he wants the rest as it is), or that he left. */
export type Answer<T> =
  | { readonly move: 'next' | 'finish'; readonly value: T }
  /** Undefined: what is typed can't be accepted. */
  | { readonly move: 'back'; readonly value: T | undefined }
  | { readonly move: 'cancel' };

/**
 * Asks one step after the other; each takes the draft and answers with the draft after it. What was answered stays, also on the way
 * back. Undefined: the user left.
 */
export async function askInTurn<T>(start: T, steps: number, ask: (draft: T, at: number) => Promise<Answer<T>>): Promise<T | undefined> {
  let draft = start;
  for (let at = 0; at < steps;) {
    const answer = await ask(draft, at);
    if (answer.move === 'cancel') return undefined;
    draft = answer.value ?? draft;
    if (answer.move === 'finish') return draft;
    at += answer.move === 'back' ? -1 : 1;
  }
  return draft;
}
