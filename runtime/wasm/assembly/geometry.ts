// What a convolution or a pooling is like.

/** As `runtime/wasm/convolution.ts` writes it to memory. Kernels only read it, so that any number of calls can share it. */
@unmanaged
export class Geometry {
  height: i32; width: i32; channels: i32;
  filterHeight: i32; filterWidth: i32;
  top: i32; left: i32;
  strideHeight: i32; strideWidth: i32;
  outHeight: i32; outWidth: i32; outChannels: i32;

  /** The numbers in a line of the filter. */
  @inline
  get line(): i32 {
    return this.filterWidth * this.channels;
  }

  @inline
  get outArea(): i32 {
    return this.outHeight * this.outWidth;
  }

  /** Whether windows cover an image without margins, and each number lies in one of them. */
  @inline
  get windowsTile(): bool {
    return this.top == 0 && this.left == 0 && this.filterHeight == this.strideHeight && this.filterWidth == this.strideWidth &&
      this.outHeight * this.strideHeight == this.height && this.outWidth * this.strideWidth == this.width;
  }

  /** What the filter gets to see of an image, with the zeros around it. */
  @inline
  get paddedHeight(): i32 {
    return (this.outHeight - 1) * this.strideHeight + this.filterHeight;
  }

  @inline
  get paddedWidth(): i32 {
    return (this.outWidth - 1) * this.strideWidth + this.filterWidth;
  }
}
