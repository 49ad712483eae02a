// The icon of a container's state. States differ by shape first, and by colour only besides.
import { ThemeColor, ThemeIcon } from 'vscode';
import type { ContainerState } from '../../protocol/containers.js';
import { isUnexpected } from '../model/containerState.js';

export function stateIcon(state: ContainerState): ThemeIcon {
  switch (state.status) {
    case 'created':
      return new ThemeIcon('circle-large-outline', GREY);
    case 'starting':
    case 'stopping':
      return new ThemeIcon('loading~spin');
    case 'running':
      return new ThemeIcon('play-circle', GREEN);
    case 'paused':
      return new ThemeIcon('debug-pause', YELLOW);
    case 'restarting':
      return new ThemeIcon('debug-restart', YELLOW);
    case 'exited':
      return isUnexpected(state.exit) ? new ThemeIcon('error', RED) : new ThemeIcon('stop-circle', GREY);
    case 'failed':
      return new ThemeIcon('error', RED);
  }
}

const GREEN = new ThemeColor('testing.iconPassed');
const YELLOW = new ThemeColor('list.warningForeground');
const RED = new ThemeColor('list.errorForeground');
const GREY = new ThemeColor('disabledForeground');
