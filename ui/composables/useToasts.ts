import { shallowRef } from 'vue';

export interface ToastMessage {
  readonly id: number;
  readonly tone: 'ok' | 'danger' | 'info';
  readonly text: string;
}

const toasts = shallowRef<readonly ToastMessage[]>([]);
let lastId = 0;

/** Short messages about what just happened where its place is no longer on screen. */
export function useToasts() {
  return {
    toasts,
    show(tone: ToastMessage['tone'], text: string): void {
      lastId += 1;
      toasts.value = [...toasts.value.slice(-3), { id: lastId, tone, text }];
    },
    dismiss(id: number): void {
      toasts.value = toasts.value.filter((toast) => toast.id !== id);
    },
  };
}
