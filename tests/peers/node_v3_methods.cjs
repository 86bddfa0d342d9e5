// Every method of wechatpay-node-v3 that calls the API. Prints the status and the code of each.
// Arguments: the path of gateway.json, and the folder of its node_modules.
'use strict';

const { readFileSync } = require('node:fs');
const { gateway, control, open, peer } = require('./receive.cjs');

const WxPay = peer('wechatpay-node-v3');
const superagent = peer('superagent');
const official = 'https://api.mch.weixin.qq.com/';

const at = (url) => (url.startsWith(official) ? gateway.base_uri + url.slice(official.length) : url);

async function upload(url, headers, { fileinfo, pic_buffer: file }) {
  const { Authorization, Accept, 'User-Agent': agent } = headers;
  const answer = await superagent.post(gateway.base_uri + url.slice(1))
    .set({ Authorization, Accept: Accept || 'application/json', 'User-Agent': agent || 'x' })
    .field('meta', JSON.stringify(fileinfo)).attach('file', file, fileinfo.filename).ok(() => true);
  return { status: answer.status, data: answer.body };
}

async function send(method, url, headers, body) {
  const answer = await superagent(method, at(url)).set(headers).send(body).ok(() => true);
  return { status: answer.status, data: answer.body };
}

// What is no call of an operation: keys, signatures, ciphers, and the means of the calls.
const LOCAL = new Set([
  'constructor', 'createHttp', 'fetchCertificates', 'verifySign', 'publicEncrypt', 'privateDecrypt', 'getSignature', 'sign',
  'getSN', 'sha256WithRsa', 'getAuthorization', 'decipher_gcm', 'buildAuthorization', 'objectToQueryString', 'getHeaders',
  'postRequest', 'postRequestV2', 'getRequest', 'getRequestV2',
]);

open(async () => {
  const wxpay = new WxPay({
    appid: gateway.appid,
    mchid: gateway.mchid,
    publicKey: readFileSync(gateway.certificate),
    privateKey: readFileSync(gateway.private_key),
    key: gateway.apiv3_key,
  });
  wxpay.createHttp({
    get: (url, headers) => send('GET', url, headers),
    post: (url, body, headers) => (body && body.pic_buffer ? upload(url, headers, body) : send('POST', url, headers, body)),
  });
  const certificates = await wxpay.get_certificates(gateway.apiv3_key);
  const key = readFileSync(gateway.platform.certificate);
  const serial = gateway.platform.serial;
  const seen = {};
  const called = async (name, ...given) => {
    const answer = await wxpay[name](...given);
    seen[name] = { status: answer.status, code: (answer.data || {}).code || '' };
    return answer;
  };
  const url = 'https://shop.example/notify';
  const order = (number, more) => ({
    description: 'QQ公仔', out_trade_no: number, notify_url: url, amount: { total: 100, currency: 'CNY' }, ...more,
  });
  const scene = { payer_client_ip: '1.2.3.4' };
  const combined = (number, more) => ({
    combine_out_trade_no: number,
    notify_url: url,
    sub_orders: [1, 2].map((each) => ({
      mchid: gateway.mchid, attach: 'x', out_trade_no: `${number}-${each}`, description: 'QQ公仔',
      amount: { total_amount: 50, currency: 'CNY' },
    })),
    ...more,
  });
  const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
  await called('transactions_native', order('Method-1', { settle_info: { profit_sharing: true } }));
  await called('transactions_app', order('Method-2'));
  await called('transactions_jsapi', order('Method-3', { payer: { openid } }));
  await called('transactions_h5', order('Method-4', { scene_info: { ...scene, h5_info: { type: 'Wap' } } }));
  await called('combine_transactions_native', combined('Combine-1'));
  await called('combine_transactions_app', combined('Combine-2'));
  await called('combine_transactions_jsapi', combined('Combine-3', { combine_payer_info: { openid } }));
  await called('combine_transactions_h5', combined('Combine-4', { scene_info: { ...scene, h5_info: { type: 'Wap' } } }));
  await control('transactions/Method-1/pay');
  const paid = await called('query', { out_trade_no: 'Method-1' });
  await called('combine_query', 'Combine-1');
  await called('close', 'Method-2');
  await called('combine_close', 'Combine-2', ['Combine-2-1', 'Combine-2-2'].map((number) => ({ mchid: gateway.mchid, out_trade_no: number })));
  await called('profitsharing_receivers_add', {
    type: 'MERCHANT_ID', account: '86693852', relation_type: 'STORE', name: wxpay.publicEncrypt('腾讯', key), wx_serial_no: serial,
  });
  const transaction = paid.data.transaction_id;
  await called('create_profitsharing_orders', {
    transaction_id: transaction, out_order_no: 'S1', unfreeze_unsplit: false, wx_serial_no: serial,
    receivers: [{ type: 'MERCHANT_ID', account: '86693852', amount: 10, description: 'x' }],
  });
  await called('query_profitsharing_orders', transaction, 'S1');
  await called('query_profitsharing_amounts', transaction);
  await called('profitsharing_return_orders', {
    out_order_no: 'S1', out_return_no: 'B1', return_mchid: '86693852', amount: 5, description: 'x',
  });
  await called('query_profitsharing_return_orders', 'B1', 'S1');
  await called('profitsharing_orders_unfreeze', { transaction_id: transaction, out_order_no: 'F1', description: 'x' });
  await called('profitsharing_receivers_delete', { type: 'MERCHANT_ID', account: '86693852' });
  await called('refunds', { out_trade_no: 'Method-1', out_refund_no: 'R1', amount: { refund: 40, total: 100, currency: 'CNY' } });
  await called('find_refunds', 'R1');
  const batch = await called('batches_transfer', {
    out_batch_no: 'T1', batch_name: '报销', batch_remark: '报销', total_amount: 100, total_num: 1, wx_serial_no: serial,
    transfer_detail_list: [{ out_detail_no: 'T1x', transfer_amount: 100, transfer_remark: '报销', openid }],
  });
  await called('query_batches_transfer_list', { out_batch_no: 'T1', need_query_detail: true, detail_status: 'ALL' });
  await called('query_batches_transfer_detail', { out_batch_no: 'T1', out_detail_no: 'T1x' });
  const list = await called('query_batches_transfer_list_wx', {
    batch_id: batch.data.batch_id, need_query_detail: true, detail_status: 'ALL',
  });
  const details = [...(list.data.transfer_detail_list || []), {}];
  await called('query_batches_transfer_detail_wx', { batch_id: batch.data.batch_id, detail_id: details[0].detail_id || '1' });
  const day = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10);
  const bill = await called('tradebill', { bill_date: day, bill_type: 'ALL' });
  await called('fundflowbill', { bill_date: day });
  await called('profitsharing_bills', day);
  await called('downloadBill', bill.data.download_url.replace(gateway.base_uri, official));
  await called('upload_images', Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 'picture.jpg');
  seen.get_certificates = { status: certificates.length ? 200 : 404, code: '' };

  const names = new Set();
  for (let each = WxPay.prototype; each && each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    Object.getOwnPropertyNames(each).forEach((name) => names.add(name));
  }
  return { seen, left: [...names].filter((name) => !LOCAL.has(name) && !(name in seen)) };
});
