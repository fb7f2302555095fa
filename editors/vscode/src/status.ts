import * as vscode from "vscode";

interface Status {
  model: string | null;
  device: string | null;
  state: "missing" | "loading" | "ready" | "busy" | "failed";
  message: string | null;
  last: { tokens_per_s: number | null } | null;
}

/** The item in the status bar: which model, and how fast it last was. */
export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("fastApply", vscode.StatusBarAlignment.Right);

  constructor() {
    this.item.name = "Fast Apply";
    this.item.command = "fast-apply.showLog";
  }

  /** Shows that there is no server to ask. */
  show(state: "missing" | "stopped" | "failed"): void {
    const texts = { missing: "program not found", stopped: "stopped", failed: "cannot be started" };
    this.item.text = "$(zap) Fast Apply";
    this.item.tooltip = `Fast Apply: ${texts[state]}`;
    this.item.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");
    this.item.show();
  }

  tell(status: Status): void {
    const speed = status.last?.tokens_per_s;
    this.item.text = speed ? `$(zap) ${Math.round(speed)} tokens/s` : "$(zap) Fast Apply";
    const where = status.device ? ` on ${status.device}` : "";
    const lines = [`${status.model ?? "the default model"}${where}: ${status.state}`, status.message ?? ""];
    this.item.tooltip = lines.filter((line) => line).join("\n");
    const isWell = status.state !== "missing" && status.state !== "failed";
    this.item.backgroundColor = isWell ? undefined : new vscode.ThemeColor("statusBarItem.warningBackground");
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
  }
}
