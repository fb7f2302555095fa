import * as vscode from "vscode";
import { Marks } from "./marks";

export type Phase = "started" | "hunk" | "finished" | "cancelled" | "refused" | "stopped" | "unconfirmed";

interface Position {
  line: number;
  character: number;
}

/** `fastApply/event`. */
export interface Event {
  session: number;
  uri: string;
  phase: Phase;
  percent: number;
  hunks: { id: number; range: { start: Position; end: Position }; kind: string; landed: boolean }[];
  stats: { tokens_per_s: number | null } | null;
  message: string | null;
}

export function isLast(phase: Phase): boolean {
  return phase !== "started" && phase !== "hunk";
}

interface Running {
  report(event: Event): void;
  end(): void;
}

/** Shows runs: a notification with a Cancel button while they last, and the changed lines until they are kept or undone. */
export class Sessions implements vscode.Disposable {
  private readonly running = new Map<number, Running>();
  private readonly marks = new Marks();

  constructor(private readonly execute: (command: string, uri: string) => Thenable<unknown>) {}

  heard(event: Event): void {
    this.mark(event);
    if (!isLast(event.phase)) {
      const running = this.running.get(event.session) ?? this.show(event);
      running.report(event);
      return;
    }
    this.running.get(event.session)?.end();
    this.running.delete(event.session);
    void this.tellEnd(event);
  }

  /** Takes the marks of a document away. */
  unmark(uri: vscode.Uri): void {
    this.marks.set(uri, []);
  }

  /** Takes down everything: the server is gone. */
  reset(): void {
    this.running.forEach((running) => running.end());
    this.running.clear();
    this.marks.clear();
  }

  dispose(): void {
    this.reset();
    this.marks.dispose();
  }

  private show(event: Event): Running {
    const name = event.uri.split("/").pop() ?? "";
    const title = `Applying suggested edit to ${decodeURIComponent(name)}`;
    let shown = 0;
    let report: (event: Event) => void = () => {};
    let end: () => void = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    const location = vscode.ProgressLocation.Notification;
    void vscode.window.withProgress({ location, title, cancellable: true }, (progress, token) => {
      token.onCancellationRequested(() => this.execute("fastApply.cancel", event.uri));
      report = (news) => {
        progress.report({ increment: news.percent - shown, message: describe(news) });
        shown = news.percent;
      };
      return ended;
    });
    const running = { report: (news: Event) => report(news), end };
    this.running.set(event.session, running);
    return running;
  }

  private async tellEnd(event: Event): Promise<void> {
    if (event.phase !== "finished") {
      if (event.message) {
        const tell = event.phase === "cancelled" ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
        await tell(`Fast Apply: ${event.message}`);
      }
      return;
    }
    const landed = event.hunks.filter((hunk) => hunk.landed).length;
    if (landed === 0 && !event.message) {
      return;
    }
    const text = [`${landed} ${landed === 1 ? "change" : "changes"} applied.`, event.message ?? ""].join(" ").trim();
    const chosen = await vscode.window.showInformationMessage(`Fast Apply: ${text}`, "Keep", "Undo");
    if (chosen === "Keep") {
      this.unmark(vscode.Uri.parse(event.uri));
      await this.execute("fastApply.keep", event.uri);
    } else if (chosen === "Undo") {
      await this.execute("fastApply.undo", event.uri);
    }
  }

  private mark(event: Event): void {
    const landed = event.hunks.filter((hunk) => hunk.landed);
    const ranges = landed.map(({ range: { start, end } }) => {
      // The end lies at the start of the line behind.
      const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
      return new vscode.Range(start.line, 0, last, 0);
    });
    this.marks.set(vscode.Uri.parse(event.uri), ranges);
  }
}

function describe(event: Event): string {
  const landed = event.hunks.filter((hunk) => hunk.landed).length;
  const parts = event.hunks.length > 0 ? [`${landed} of ${event.hunks.length} changes`] : [];
  const speed = event.stats?.tokens_per_s;
  return [...parts, ...(speed ? [`${Math.round(speed)} tokens/s`] : [])].join(", ");
}
