// Flow control for Pseudoterminals, which VS Code gives none: what is written is buffered in the window without bound.
// So every now and then a question is slipped into the output that the terminal itself answers once it has drawn all before it
// (DECRQM, "request mode", of a mode that nobody has). More than a window's worth unanswered stops the reading. Knows no `vscode`.
import { EscapeTracker } from './escapeTracker.js';

/** Characters on the way to the terminal, at which reading stops, and below which it goes on. */
const HIGH_WATER = 256 * 1024;
const LOW_WATER = 64 * 1024;
const ASK_EVERY = 32 * 1024;
/** A terminal that answers nothing gets HIGH_WATER characters in this time. */
const PATIENCE_MS = 1_000;

/** A private mode's number that no terminal knows; its answer can be told from those to the program's own questions. */
const MODE = 21573;
const QUESTION = `\u001b[?${MODE}$p`;
const ANSWER = `\u001b[?${MODE};0$y`;

export interface Valve {
  /** Shows text in the terminal. */
  write(text: string): void;
  /** Stops and restarts the reading of what is to be shown. */
  pause(): void;
  resume(): void;
}

export class FlowControl {
  private readonly tracker = new EscapeTracker();
  /** Per question on the way: the characters before it that no earlier question covers. */
  private readonly asked: number[] = [];
  private unasked = 0;
  private unanswered = 0;
  private patience: NodeJS.Timeout | undefined;

  constructor(private readonly valve: Valve) {}

  write(text: string): void {
    if (text === '') return;
    this.valve.write(text);
    this.tracker.push(text);
    this.unasked += text.length;
    this.unanswered += text.length;
    if (this.unasked >= ASK_EVERY && this.tracker.isBetween) this.ask();
    if (this.unanswered >= HIGH_WATER) this.stop();
  }

  /** What the user typed, without the terminal's answers to our questions. */
  filterInput(input: string): string {
    if (!input.includes(ANSWER)) return input;
    const parts = input.split(ANSWER);
    for (let n = 1; n < parts.length; n += 1) this.answered();
    return parts.join('');
  }

  dispose(): void {
    clearTimeout(this.patience);
  }

  private ask(): void {
    this.asked.push(this.unasked);
    this.unasked = 0;
    this.valve.write(QUESTION);
  }

  private answered(): void {
    this.unanswered = Math.max(0, this.unanswered - (this.asked.shift() ?? 0));
    if (this.patience === undefined) return;
    if (this.unanswered <= LOW_WATER || this.asked.length === 0) this.go();
    else this.wait();
  }

  private stop(): void {
    if (this.patience !== undefined) return;
    this.valve.pause();
    this.wait();
  }

  private wait(): void {
    clearTimeout(this.patience);
    this.patience = setTimeout(() => {
      // No answer: not a terminal that we know, or a window that is hidden. Go on at that slow pace.
      this.asked.length = 0;
      this.unanswered = 0;
      this.go();
    }, PATIENCE_MS);
  }

  private go(): void {
    clearTimeout(this.patience);
    this.patience = undefined;
    this.valve.resume();
  }
}
