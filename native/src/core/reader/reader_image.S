// The executable bulkhead-reader, as built a moment ago, inside the core: it needs no file at run time.
  .section .rodata
  .balign 16
  .hidden bulkhead_reader_image
  .globl bulkhead_reader_image
bulkhead_reader_image:
  .incbin "bulkhead-reader"
  .hidden bulkhead_reader_image_end
  .globl bulkhead_reader_image_end
bulkhead_reader_image_end:
  .section .note.GNU-stack, "", @progbits
