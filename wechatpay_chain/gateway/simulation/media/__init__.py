"""图片、视频上传: uploads."""
