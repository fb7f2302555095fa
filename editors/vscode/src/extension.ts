import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { Server } from "./server";

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  server = new Server(context.extensionUri);
  context.subscriptions.push(server, ...registerCommands(server));
  await server.start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
