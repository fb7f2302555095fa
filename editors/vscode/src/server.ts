import * as vscode from "vscode";
import {
  ClientCapabilities,
  FeatureState,
  LanguageClient,
  RevealOutputChannelOn,
  StaticFeature,
} from "vscode-languageclient/node";
import { EditApplier } from "./edits";
import { findProgram } from "./program";
import { Event, Sessions } from "./sessions";
import { StatusItem } from "./status";

/** The language server and everything that listens to it. */
export class Server implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel("Fast Apply", { log: true });
  readonly sessions: Sessions;
  private readonly status = new StatusItem();
  private readonly edits = new EditApplier();
  private client: LanguageClient | undefined;
  private readonly listener: vscode.Disposable;

  constructor(private readonly extension: vscode.Uri) {
    this.sessions = new Sessions((command, uri) => this.execute(command, { uri }));
    this.listener = vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("fastApply.server.path")) {
        await this.restart();
      }
    });
  }

  async start(): Promise<void> {
    const program = findProgram(this.extension);
    if (!program) {
      this.status.show("missing");
      await askForProgram();
      return;
    }
    this.log.info(`starting ${program}`);
    const client = new LanguageClient(
      "fastApply",
      "Fast Apply",
      { command: program, args: ["lsp"] },
      {
        documentSelector: [{ scheme: "*" }],
        outputChannel: this.log,
        revealOutputChannelOn: RevealOutputChannelOn.Never,
        middleware: {
          workspace: { handleApplyEdit: (params, next) => this.edits.apply(params, next) },
          // The server may run where there is no clipboard.
          executeCommand: async (command, parameters, next) =>
            command === "fastApply.applyFromClipboard"
              ? this.applyClipboard(parameters[0])
              : next(command, parameters),
        },
      },
    );
    client.registerFeature(new Capabilities());
    client.onNotification("fastApply/event", (event: Event) => {
      this.edits.heard(event);
      this.sessions.heard(event);
      if (event.phase !== "hunk") {
        this.updateStatus();
      }
    });
    client.onDidChangeState(() => {
      if (!client.isRunning()) {
        this.edits.reset();
        this.sessions.reset();
      }
      this.updateStatus();
    });
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.log.error(`${program} cannot be started: ${error}`);
      this.status.show("failed");
    }
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.dispose();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Has the server execute a command, and shows why not if it does not. */
  async execute(command: string, argument: object): Promise<unknown> {
    if (!this.client?.isRunning()) {
      return vscode.window.showErrorMessage("Fast Apply: the server does not run; see the log.");
    }
    try {
      return await this.client.sendRequest("workspace/executeCommand", { command, arguments: [argument] });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return vscode.window.showErrorMessage(`Fast Apply: ${reason}`);
    }
  }

  /** Applies what the user has copied to a document, `{uri, version?}`. */
  async applyClipboard(document: object): Promise<unknown> {
    const text = await vscode.env.clipboard.readText();
    if (!text.trim()) {
      return vscode.window.showErrorMessage("Fast Apply: the clipboard is empty; copy the chat model's answer first.");
    }
    return this.execute("fastApply.apply", { ...document, suggestion: { text } });
  }

  /** A document as the server knows it. */
  nameOf(document: vscode.TextDocument): { uri: string; version: number } {
    const uri = this.client?.code2ProtocolConverter.asUri(document.uri) ?? document.uri.toString();
    return { uri, version: document.version };
  }

  dispose(): void {
    this.listener.dispose();
    this.sessions.dispose();
    this.status.dispose();
    this.log.dispose();
  }

  private updateStatus(): void {
    const client = this.client;
    if (!client?.isRunning()) {
      this.status.show("stopped");
      return;
    }
    const request = { command: "fastApply.status", arguments: [] };
    client.sendRequest("workspace/executeCommand", request).then(
      (status) => this.status.tell(status as Parameters<StatusItem["tell"]>[0]),
      (error) => this.log.warn(`no status: ${error}`),
    );
  }
}

/** Tells the server what this client does beyond the protocol. */
class Capabilities implements StaticFeature {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    capabilities.experimental = {
      ...(capabilities.experimental as object | undefined),
      fastApply: { events: true, groupedUndo: true },
    };
  }
  initialize(): void {}
  getState(): FeatureState {
    return { kind: "static" };
  }
  clear(): void {}
}

async function askForProgram(): Promise<void> {
  const settings = "Open Settings";
  const chosen = await vscode.window.showErrorMessage(
    "Fast Apply: the program fast-apply was not found. Put it on your PATH, or name it in the settings.",
    settings,
  );
  if (chosen === settings) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "fastApply.server.path");
  }
}
