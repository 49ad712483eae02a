// Asks the registries again what they have.
import type { Command } from '../../services.js';

export const refresh: Command = async ({ registriesProvider }) => registriesProvider.refresh();
