// The executable bulkhead-init, as built a moment ago, inside the core: it needs no file at run time.
  .section .rodata
  .balign 16
  .hidden bulkhead_init_image
  .globl bulkhead_init_image
bulkhead_init_image:
  .incbin "bulkhead-init"
  .hidden bulkhead_init_image_end
  .globl bulkhead_init_image_end
bulkhead_init_image_end:
  .section .note.GNU-stack, "", @progbits
